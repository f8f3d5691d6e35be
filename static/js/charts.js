/* Draws the charts of apps/core/charts.py from their JSON, in the colours of the page, as SVG.
   Tooltips are text drawn in the picture (never HTML), so the content policy holds and labels cannot inject. */
(() => {
  "use strict";
  const TONES = { accent: "--accent", second: "--chart-second", third: "--chart-third", fourth: "--chart-fourth", muted: "--chart-muted", attention: "--warm" };
  const GROUP_TONES = ["accent", "second", "third", "fourth", "attention", "muted"];
  const SHAPES = { A: "circle", B: "rect", C: "triangle", D: "diamond", E: "path://M0,0L2,0L5,3L8,0L10,0L10,2L7,5L10,8L10,10L8,10L5,7L2,10L0,10L0,8L3,5L0,2Z" };
  const drawn = new Map();

  // A custom property with light-dark() has no value of its own: a probe's colour does.
  const palette = () => {
    const probe = document.createElement("span");
    probe.hidden = true;
    document.body.append(probe);
    const read = (name) => { probe.style.setProperty("color", `var(${name})`); return getComputedStyle(probe).color; };
    const tones = Object.fromEntries(Object.entries(TONES).map(([tone, name]) => [tone, read(name)]));
    const colours = { tones, text: read("--text"), faint: read("--text-3"), soft: read("--text-2"), line: read("--line"), strong: read("--line-strong"), surface: read("--raised") };
    probe.remove();
    return colours;
  };
  const fade = (colour, share) => `rgba(${colour.match(/[\d.]+/g).slice(0, 3).join(",")},${share})`;
  const plain = (text) => String(text).replace(/[{}|]/g, " "); // richText gives these signs a meaning

  const writer = (config) => {
    const { words } = config;
    const grouped = (value, places) => {
      const [whole, decimals] = Math.abs(value).toFixed(places).split(".");
      const text = whole.replace(/\B(?=(\d{3})+$)/g, config.group) + (decimals ? config.decimal + decimals : "");
      return (value < 0 && Number(value.toFixed(places)) !== 0 ? "\u2212" : "") + text;
    };
    const trimmed = (value, places) => grouped(Number(value.toFixed(places)), (String(Number(Math.abs(value).toFixed(places))).split(".")[1] || "").length);
    const short = (value) => {
      for (const [limit, name] of [[1e9, words.bn], [1e6, words.M], [1e3, words.k]]) {
        if (Math.abs(value) >= limit) {
          const scaled = value / limit;
          return `${trimmed(scaled, Math.abs(scaled) >= 100 ? 0 : Math.abs(scaled) >= 10 ? 1 : 2)} ${name}`;
        }
      }
      return trimmed(value, Math.abs(value) >= 100 ? 0 : 2);
    };
    const as = (kind, unit) => (value) => {
      if (value === null || value === undefined || Number.isNaN(value)) return "\u2014";
      if (kind === "percent") return `${trimmed(value * 100, 1)} %`;
      const text = kind === "money" || Math.abs(value) >= 10000 ? short(value) : trimmed(value, 2);
      return unit ? `${text} ${unit}` : text;
    };
    return { full: as(config.kind, config.unit), axis: as(config.kind, ""), as };
  };

  const LETTER = 6.6; // pixels that a letter of 12 px takes on average

  const frame = (config, colours, write) => ({
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    animationDuration: 300,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12, color: colours.soft },
    aria: { enabled: true, label: { description: `${config.title}. ${config.summary}` } },
    grid: { left: 8, right: 24, top: 44, bottom: config.xLabel ? 34 : 8, containLabel: true },
    legend: { top: 0, left: 0, type: "plain", icon: "roundRect", itemWidth: 14, itemHeight: 8, itemGap: 16, textStyle: { color: colours.soft, fontSize: 12 }, inactiveColor: colours.strong },
    tooltip: { trigger: "axis", renderMode: "richText", confine: true, backgroundColor: colours.surface, borderColor: colours.line, padding: 10,
      textStyle: { color: colours.text, fontSize: 12, lineHeight: 18 }, axisPointer: { type: "line", lineStyle: { color: colours.strong, type: [3, 3] } } },
    xAxis: { type: "category", axisLine: { lineStyle: { color: colours.strong } }, axisTick: { show: false }, axisLabel: { color: colours.faint, hideOverlap: true },
      name: config.xLabel, nameLocation: "middle", nameGap: 30, nameTextStyle: { color: colours.faint }, splitLine: { show: false } },
    yAxis: { type: "value", axisLine: { show: false }, axisTick: { show: false }, splitNumber: 4, axisLabel: { color: colours.faint, formatter: write.axis },
      splitLine: { lineStyle: { color: colours.line } }, name: config.yLabel && config.unit ? `${config.yLabel} (${config.unit})` : config.yLabel || config.unit, nameTextStyle: { color: colours.faint, align: "left", padding: [0, 0, 0, 0] }, nameLocation: "end", nameGap: 12 },
  });

  // A band is two stacked areas: an unseen floor and the visible width between low and high.
  const band = (name, low, high, colour, stack, step) => {
    const floor = low.map((value) => value), width = high.map((value, index) => (value === null || low[index] === null ? null : value - low[index]));
    const base = { type: "line", stack, stackStrategy: "all", symbol: "none", silent: true, lineStyle: { opacity: 0 }, tooltip: { show: false }, emphasis: { disabled: true }, step: step ? "end" : false, z: 1 };
    return [{ ...base, name: `${name}\u0001floor`, data: floor }, { ...base, name: `${name}\u0001band`, data: width, areaStyle: { color: fade(colour, 0.16) } }];
  };
  const hatch = (colour) => ({ symbol: "rect", symbolSize: 1, rotation: Math.PI / 4, dashArrayX: [1, 0], dashArrayY: [2, 4], color: colour });
  const levelLine = (config, colours, write) => (config.target === null || config.target === undefined ? undefined : {
    silent: true, symbol: "none", lineStyle: { color: colours.soft, type: [6, 4] }, data: [{ yAxis: config.target }],
    label: { formatter: `${plain(config.words.target)} ${write.full(config.target)}`, position: "insideEndTop", color: colours.soft },
  });
  const names = (list) => list.map((item) => item.name);
  const axisTip = (config, write, ranges = {}) => (items) => {
    const lines = items.filter((item) => !String(item.seriesName).includes("\u0001") && item.value !== null && item.value !== undefined).map((item) => {
      const range = ranges[item.seriesName]?.(item.dataIndex);
      return `${plain(item.seriesName)}: ${write(item)}${range ? ` (${range})` : ""}`;
    });
    return [plain(items[0]?.axisValueLabel ?? ""), ...lines].join("\n");
  };

  const shapes = {
    line(config, colours, write) {
      const option = frame(config, colours, write), ranges = {};
      option.series = config.lines.flatMap((line, index) => {
        const colour = colours.tones[line.tone];
        if (line.low.length) ranges[line.name] = (at) => (line.low[at] === null ? "" : `${write.full(line.low[at])} – ${write.full(line.high[at])}`);
        const main = { type: "line", name: line.name, data: line.values, symbol: "circle", symbolSize: 6, showSymbol: line.values.length <= 24, step: line.step ? "end" : false, z: 3,
          lineStyle: { color: colour, width: 2.25, type: line.dashed ? [6, 4] : "solid" }, itemStyle: { color: colour }, connectNulls: false };
        if (index === 0) {
          main.markLine = { silent: true, symbol: "none", lineStyle: { color: colours.strong, type: "solid" },
            data: [...config.marks.map((mark) => ({ xAxis: String(mark.x), label: { formatter: plain(mark.label), color: colours.soft, position: "end", distance: 4 } })), ...(levelLine(config, colours, write)?.data ?? []).map((item) => ({ ...item, lineStyle: { color: colours.soft, type: [6, 4] }, label: levelLine(config, colours, write).label }))] };
          main.markArea = { silent: true, itemStyle: { color: fade(colours.tones.accent, 0.07) }, label: { color: colours.soft, position: "insideTop" },
            data: config.shades.map((shade) => [{ xAxis: String(shade.start), name: plain(shade.label) }, { xAxis: String(shade.end) }]) };
        }
        return [...(line.low.length ? band(line.name, line.low, line.high, colour, `band-${index}`, line.step) : []), main];
      });
      option.xAxis = { ...option.xAxis, data: config.x, boundaryGap: false };
      option.yAxis.scale = !config.fromZero;
      option.legend.data = names(config.lines);
      option.legend.show = config.lines.length > 1;
      if (config.marks.length) option.grid.top = 64;
      option.tooltip.formatter = axisTip(config, (item) => write.full(item.value), ranges);
      return option;
    },
    bars(config, colours, write, place) {
      const option = frame(config, colours, write);
      const room = (place.clientWidth - 90) / config.categories.length;
      const longest = Math.max(0, ...config.categories.map((words) => String(words).length)) * LETTER;
      const broken = !config.lying && longest > room && room >= 56; // in two lines all of them can stand
      const upright = broken ? { interval: 0, hideOverlap: false, width: room - 4, overflow: "break", lineHeight: 14 } : longest <= room ? { interval: 0 } : {};
      option.series = config.bars.map((bars, index) => ({
        type: "bar", name: bars.name, data: bars.values, stack: config.stacked ? "all" : undefined, barMaxWidth: 36, barGap: "10%",
        itemStyle: { color: bars.hatched ? fade(colours.tones[bars.tone], 0.35) : colours.tones[bars.tone], decal: bars.hatched ? hatch(colours.tones[bars.tone]) : undefined, borderRadius: config.stacked ? 0 : config.lying ? [0, 3, 3, 0] : [3, 3, 0, 0] },
        markLine: index === 0 && !config.lying ? levelLine(config, colours, write) : undefined,
      }));
      const category = { ...option.xAxis, data: config.categories, inverse: config.lying, nameGap: broken ? 44 : 30, axisLabel: { ...option.xAxis.axisLabel, ...(config.lying ? { width: 140, overflow: "truncate" } : upright) } };
      if (broken && config.xLabel) option.grid.bottom += 14;
      if (config.lying) {
        option.xAxis = { ...option.yAxis, name: "", axisLabel: { ...option.yAxis.axisLabel, hideOverlap: true } };
        option.yAxis = { ...category, name: "" };
      } else option.xAxis = category;
      const byLine = config.line ? write.as(config.line.kind, "") : null;
      if (config.line) {
        option.yAxis = [option.yAxis, { ...option.yAxis, name: config.line.name, nameTextStyle: { color: colours.faint, align: "right" }, splitLine: { show: false }, axisLabel: { color: colours.faint, formatter: byLine }, min: 0, ...(config.line.kind === "percent" ? { max: 1, interval: 0.25 } : {}) }];
        option.series.push({ type: "line", name: config.line.name, data: config.line.values, yAxisIndex: 1, symbolSize: 6, lineStyle: { color: colours.tones[config.line.tone], width: 2 }, itemStyle: { color: colours.tones[config.line.tone] } });
      }
      option.legend.show = option.series.length > 1;
      option.tooltip.axisPointer = { type: "shadow", shadowStyle: { color: fade(colours.strong, 0.12) } };
      option.tooltip.formatter = axisTip(config, (item) => (config.line && item.seriesName === config.line.name ? byLine(item.value) : write.full(item.value)));
      return option;
    },
    scatter(config, colours, write) {
      const option = frame(config, colours, write);
      const colourOf = (group) => colours.tones[GROUP_TONES[config.groups.indexOf(group) % GROUP_TONES.length] || "accent"];
      const size = (point) => (point.size === null ? 13 : Math.max(10, Math.min(40, point.size)));
      const whisker = (params, api) => {
        const [x, low, high] = [api.value(0), api.value(1), api.value(2)];
        const bottom = api.coord([x, low]), top = api.coord([x, high]);
        const style = { stroke: api.visual("color"), lineWidth: 1.5, opacity: 0.65, fill: "none" };
        const line = (x1, y1, x2, y2) => ({ type: "line", shape: { x1, y1, x2, y2 }, style });
        return { type: "group", children: [line(top[0], top[1], bottom[0], bottom[1]), line(top[0] - 4, top[1], top[0] + 4, top[1]), line(bottom[0] - 4, bottom[1], bottom[0] + 4, bottom[1])] };
      };
      option.series = config.groups.flatMap((group) => {
        const points = config.points.filter((point) => point.group === group);
        const withRange = points.filter((point) => point.low !== null && point.high !== null);
        return [
          { type: "custom", name: group, silent: true, z: 2, renderItem: whisker, itemStyle: { color: colourOf(group) }, tooltip: { show: false }, encode: { x: 0, y: [1, 2] }, data: withRange.map((p) => [p.x, p.low, p.high]), clip: true },
          { type: "scatter", name: group, z: 3, cursor: "pointer", itemStyle: { color: colourOf(group), borderColor: colours.surface, borderWidth: 1.5 }, emphasis: { scale: 1.25 },
            data: points.map((p) => ({ value: [p.x, p.y], point: p, symbol: SHAPES[p.grade] || "circle", symbolSize: size(p) })) },
        ];
      });
      const values = config.points.flatMap((p) => [p.x, p.y, p.high ?? p.y]);
      if (config.diagonal && values.length && option.series.length > 1) {
        const right = Math.max(...config.points.map((p) => p.x)) * 1.1;
        const end = Math.min(right, Math.max(...values, 0)); // a line that leaves the picture would not be drawn
        option.series[1].markLine = { silent: true, symbol: "none", lineStyle: { color: colours.strong, type: [6, 4] }, label: { formatter: plain(config.diagonal), color: colours.soft, position: "insideEndBottom" },
          data: [[{ coord: [0, 0] }, { coord: [end, end] }]] };
        option.xAxis.max = right;
      }
      if (config.breakX !== null && option.series.length > 1) {
        option.series[1].markLine = { silent: true, symbol: "none", lineStyle: { color: colours.tones.attention, type: [6, 4] }, label: { formatter: plain(config.breakLabel), color: colours.soft }, data: [{ xAxis: config.breakX }] };
      }
      option.xAxis = { ...option.xAxis, type: "value", scale: !config.diagonal, axisLabel: { ...option.xAxis.axisLabel, formatter: write.axis }, splitLine: { lineStyle: { color: colours.line } } };
      option.legend.data = config.groups.filter(Boolean);
      option.legend.show = option.legend.data.length > 1;
      option.tooltip.trigger = "item";
      option.tooltip.formatter = (item) => {
        const p = item.data.point;
        return [plain(p.name), `${plain(config.xLabel)}: ${write.full(p.x)}`, `${plain(config.yLabel)}: ${write.full(p.y)}`,
          ...(p.low === null || p.high === null ? [] : [`${plain(config.words.range)}: ${write.full(p.low)} – ${write.full(p.high)}`]),
          ...(p.grade ? [`${plain(config.words.grade)}: ${plain(p.grade)}`] : [])].join("\n");
      };
      return option;
    },
    waterfall(config, colours, write, place) {
      const option = frame(config, colours, write);
      let level = 0;
      const rows = config.steps.map((step) => {
        const before = step.total ? 0 : level;
        level = step.total ? step.value : level + step.value;
        return { ...step, before, after: level };
      });
      const room = (place.clientWidth - 70) / rows.length;
      const lying = room < 72; // too narrow for the words below the bars: they go beside them
      const at = (api, index, value) => api.coord(lying ? [value, index] : [index, value]);
      const rect = ([x1, y1], [x2, y2], half) => (lying
        ? { x: Math.min(x1, x2), y: y1 - half, width: Math.max(1, Math.abs(x2 - x1)), height: 2 * half, r: 3 }
        : { x: x1 - half, y: Math.min(y1, y2), width: 2 * half, height: Math.max(1, Math.abs(y2 - y1)), r: 3 });
      // Drawn as spans, not as stacked bars: those cannot cross zero.
      const draw = (params, api) => {
        const index = params.dataIndex, row = rows[index];
        const from = at(api, index, row.before), to = at(api, index, row.after);
        const half = Math.min(28, api.size([1, 1])[lying ? 1 : 0] * 0.31);
        const edge = row.hatched ? { stroke: colours.tones.accent, lineWidth: 1.5, lineDash: [5, 4] } : {};
        const children = [{ type: "rect", shape: rect(from, to, half), style: { ...api.style(), ...edge } }];
        if (index + 1 < rows.length) {
          const next = at(api, index + 1, row.after);
          const shape = lying ? { x1: to[0], y1: to[1] + half, x2: to[0], y2: next[1] - half } : { x1: to[0] + half, y1: to[1], x2: next[0] - half, y2: to[1] };
          children.push({ type: "line", shape, style: { stroke: colours.strong, lineDash: [3, 3] } });
        }
        return { type: "group", children };
      };
      option.series = [{
        type: "custom", renderItem: draw, encode: lying ? { y: 0, x: [1, 2] } : { x: 0, y: [1, 2] },
        data: rows.map((row, index) => {
          const colour = row.total ? colours.tones.second : row.value < 0 ? colours.tones.attention : colours.tones.accent;
          return { value: [index, Math.min(row.before, row.after), Math.max(row.before, row.after)], itemStyle: { color: row.hatched ? fade(colour, 0.35) : colour },
            label: { show: true, position: lying ? "right" : row.after < row.before ? "bottom" : "top", distance: 5, formatter: write.axis(row.value), color: colours.text } };
        }),
      }];
      const words = { ...option.xAxis, data: rows.map((row) => row.label), nameGap: 30, name: lying ? "" : config.xLabel,
        axisLabel: { ...option.xAxis.axisLabel, hideOverlap: false, interval: 0, width: lying ? 110 : room - 6, overflow: "break", lineHeight: 14 } };
      if (lying) {
        option.grid.right = 60;
        option.yAxis = [{ ...words, inverse: true }];
        option.xAxis = { type: "value", axisLabel: { color: colours.faint, formatter: write.axis, hideOverlap: true }, splitNumber: 3, splitLine: { lineStyle: { color: colours.line } } };
      } else option.xAxis = words;
      option.legend.show = false;
      option.tooltip.trigger = "item";
      option.tooltip.formatter = (item) => {
        const row = rows[item.dataIndex];
        const word = row.total ? config.words.total : row.value < 0 ? config.words.down : config.words.up;
        return `${plain(row.label)}\n${plain(word)}: ${write.full(row.value)}${row.hatched ? `\n${plain(config.words.unproven)}` : ""}`;
      };
      return option;
    },
    cumulative(config, colours, write) {
      const { words } = config;
      const lines = [
        { name: words.returned, values: config.returned, low: config.low, high: config.high, tone: "accent", dashed: false, step: false },
        { name: words.cost, values: config.cost, low: [], high: [], tone: "attention", dashed: true, step: false },
      ];
      return shapes.line({ ...config, lines, marks: config.payback ? [{ x: config.payback, label: words.payback }] : [], shades: [], target: null, fromZero: true }, colours, write);
    },
  };

  const legendRows = (option, width) => {
    const names = option.legend.data ?? [...new Set(option.series.map((series) => series.name).filter((name) => name && !name.includes("\u0001")))];
    let rows = 1, used = 0;
    for (const item of names) {
      const wide = 35 + LETTER * String(item.name ?? item).length;
      if (used && used + wide > width) { rows += 1; used = 0; }
      used += wide;
    }
    return rows;
  };
  const render = (place) => {
    const source = document.getElementById(place.dataset.chart);
    if (!source) return;
    const config = JSON.parse(source.textContent);
    place.hidden = false;
    drawn.get(place)?.dispose();
    const chart = echarts.init(place, null, { renderer: "svg" });
    drawn.set(place, chart);
    const option = shapes[config.shape](config, palette(), writer(config), place);
    if (option.legend.show === false && option.grid.top === 44) option.grid.top = 30;
    if (option.legend.show !== false) option.grid.top += 24 * (legendRows(option, place.clientWidth) - 1);
    chart.setOption(option);
    chart.on("click", (item) => {
      const url = item.data?.point?.url;
      if (url && url.startsWith("/") && !url.startsWith("//")) location.assign(url);
    });
  };
  const sweep = () => { for (const [place, chart] of drawn) if (!place.isConnected) { chart.dispose(); drawn.delete(place); } };
  const again = () => { sweep(); for (const place of [...drawn.keys()]) render(place); };

  window.cxCharts = { draw(from) { sweep(); for (const place of from.querySelectorAll("[data-chart]")) if (!drawn.has(place)) render(place); } };
  new ResizeObserver(() => { sweep(); for (const chart of drawn.values()) chart.resize(); }).observe(document.body);
  document.addEventListener("cx:theme", again);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
})();
