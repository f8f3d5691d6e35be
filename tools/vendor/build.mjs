// Rebuilds static/vendor from the pinned npm packages. Run by developers only:
// `cd tools/vendor && npm ci && npm run build`; the results are committed, users need no Node.
import { build, transform } from "esbuild";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const modules = path.join(here, "node_modules");
const target = path.join(here, "..", "..", "static", "vendor");
const read = (...parts) => readFile(path.join(modules, ...parts), "utf8");
const versionOf = async (name) => JSON.parse(await read(name, "package.json")).version;
// A source map that is not shipped makes collectstatic with a manifest fail.
const withoutMaps = (text) => text.replace(/\/[*\/][#@] sourceMappingURL=[^\n*]*(\*\/)?\s*/g, "");

async function put(relative, text) {
  const file = path.join(target, relative);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text.endsWith("\n") ? text : text + "\n");
}

async function tabler() {
  const css = withoutMaps(await read("@tabler/core", "dist", "css", "tabler.min.css")).replace(/^@charset "UTF-8";/, "");
  const header = css.match(/^\/\*![\s\S]*?\*\//)[0];
  // In a cascade layer, so that every rule of cx.css wins without fights over specificity.
  const { code } = await transform(`@layer tabler{${css.slice(header.length)}}`, { loader: "css", minify: true });
  await put("tabler/tabler.min.css", `${header}\n${code}`);
  // The package ships no licence file: its header names the holders, the icons of the same authors the text.
  const mit = (await read("@tabler/icons", "LICENSE")).split("\n").filter((line) => !line.startsWith("Copyright"));
  mit.splice(1, 0, "", ...header.split("\n").filter((l) => l.includes("Copyright")).map((l) => l.replace(/^[ *]+/, "")));
  await put("tabler/LICENSE", mit.join("\n"));
}

async function icons() {
  const names = (await readFile(path.join(here, "icons.txt"), "utf8")).split("\n").filter(Boolean);
  const symbols = await Promise.all(names.map(async (name) => {
    const svg = await read("@tabler/icons", "icons", "outline", `${name}.svg`);
    const body = svg.replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "")
      .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/, "").replace(/\s*\n\s*/g, "").trim();
    return `<symbol id="${name}" viewBox="0 0 24 24">${body}</symbol>`;
  }));
  await put("tabler-icons/sprite.svg", `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>`);
  await cp(path.join(modules, "@tabler", "icons", "LICENSE"), path.join(target, "tabler-icons", "LICENSE"));
}

async function echarts() {
  const result = await build({
    entryPoints: [path.join(here, "echarts-entry.js")], bundle: true, minify: true, write: false, format: "iife",
    globalName: "echarts", target: "es2020", legalComments: "none", define: { "process.env.NODE_ENV": '"production"' },
  });
  const version = await versionOf("echarts");
  const code = withoutMaps(result.outputFiles[0].text);
  if (/\beval\(|new Function\(/.test(code)) throw new Error("ECharts would need unsafe-eval");
  const header = `/*! Apache ECharts ${version}, Apache-2.0, see LICENSE and NOTICE; contains zrender, BSD-3-Clause. */`;
  await put("echarts/echarts.min.js", `${header}\n${code}`);
  await cp(path.join(modules, "echarts", "LICENSE"), path.join(target, "echarts", "LICENSE"));
  await cp(path.join(modules, "echarts", "NOTICE"), path.join(target, "echarts", "NOTICE"));
  await cp(path.join(modules, "zrender", "LICENSE"), path.join(target, "echarts", "LICENSE-zrender"));
  await cp(path.join(modules, "tslib", "LICENSE.txt"), path.join(target, "echarts", "LICENSE-tslib"));
}

async function inter() {
  // Two subsets cover the European languages; others fall back to the system's own letters.
  const css = await read("@fontsource-variable/inter", "index.css");
  const faces = css.match(/@font-face \{[\s\S]*?\}/g).filter((face) => /inter-latin(-ext)?-wght/.test(face))
    .map((face) => face.replaceAll("./files/", "").replace("font-display: swap", "font-display: optional"));
  if (faces.length !== 2) throw new Error("the font package changed its layout");
  await put("inter/inter.css", faces.join("\n"));
  const source = path.join(modules, "@fontsource-variable", "inter");
  for (const subset of ["latin", "latin-ext"]) {
    const name = `inter-${subset}-wght-normal.woff2`;
    await cp(path.join(source, "files", name), path.join(target, "inter", name));
  }
  await cp(path.join(source, "LICENSE"), path.join(target, "inter", "LICENSE"));
}

async function manifest() {
  const files = ["tabler/tabler.min.css", "tabler-icons/sprite.svg", "echarts/echarts.min.js", "inter/inter.css"];
  const rows = await Promise.all(files.map(async (file) => {
    const digest = createHash("sha256").update(await readFile(path.join(target, file))).digest("hex");
    return `| \`${file}\` | ${digest} |`;
  }));
  const packages = ["@tabler/core", "@tabler/icons", "echarts", "zrender", "@fontsource-variable/inter"];
  const versions = await Promise.all(packages.map(async (name) => `| ${name} | ${await versionOf(name)} |`));
  await put("README.md", [
    "# Vendored front-end assets", "",
    "Built by `tools/vendor` from npm packages; never edited by hand. Licence texts lie beside the files.",
    "htmx comes with the Python package django-htmx.", "",
    "| package | version |", "|---|---|", ...versions, "", "| file | sha256 |", "|---|---|", ...rows,
  ].join("\n"));
}

await rm(target, { recursive: true, force: true });
await tabler();
await icons();
await echarts();
await inter();
await manifest();
