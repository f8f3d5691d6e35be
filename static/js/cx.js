/* Small behaviours. Pages work without this file; nothing here evaluates text as code or writes HTML. */
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");
  const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));
  const closest = (event, selector) => (event.target instanceof Element ? event.target.closest(selector) : null);
  const typing = (element) => element instanceof HTMLElement
    && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName));

  // --- announcements: the words come translated from the page --------------------------------------------------
  const announce = (text) => {
    const place = document.getElementById("announce");
    if (!place || !text) return;
    place.textContent = "";
    window.setTimeout(() => { place.textContent = text; }, 60);
  };
  const word = (name) => document.getElementById("announce")?.dataset[name] || "";

  // --- theme: a cookie, so that the server draws the next page in it at once --------------------------------------
  const dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const nameTheme = () => all("[data-theme-words]").forEach((label) => {
    label.textContent = dark() ? label.dataset.toLight : label.dataset.toDark;
  });
  const toggleTheme = () => {
    root.dataset.theme = dark() ? "light" : "dark";
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `cx_theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax${secure}`;
    nameTheme();
    document.dispatchEvent(new CustomEvent("cx:theme"));
  };

  // --- charts: the library comes only where a chart is --------------------------------------------------------------
  const scripts = new Map();
  const load = (url) => {
    if (!scripts.has(url)) {
      scripts.set(url, new Promise((done, failed) => {
        const script = document.createElement("script");
        script.src = url;
        script.onload = done;
        script.onerror = failed;
        document.head.append(script);
      }));
    }
    return scripts.get(url);
  };
  const drawCharts = async (from) => {
    if (!from.querySelector("[data-chart]")) return;
    try {
      await load(root.dataset.echarts);
      await load(root.dataset.charts);
      window.cxCharts.draw(from);
    } catch {
      all(".cx-chart-twin", from).forEach((twin) => { twin.open = true; }); // the table says the same
    }
  };

  // --- drafts: what is typed stays in this tab until it is sent ---------------------------------------------------------
  const draftKey = (form) => `cx-draft:${location.pathname}:${form.dataset.keepDraft}`;
  const draftFields = (form) => Array.from(form.elements).filter((field) => field.name && field.name !== "csrfmiddlewaretoken"
    && !["hidden", "password", "file", "submit", "button"].includes(field.type));
  const keepDraft = (form) => {
    const kept = draftFields(form).map((field) => [field.name, field.value, "checked" in field ? field.checked : null]);
    try { sessionStorage.setItem(draftKey(form), JSON.stringify(kept)); } catch { /* full or forbidden: the form still works */ }
  };
  const dropDraft = (form) => { try { sessionStorage.removeItem(draftKey(form)); } catch { /* nothing kept */ } };
  // A plain form is gone once it is sent: the next page tells whether it arrived. A refusal keeps the draft.
  const markSent = (form) => { try { sessionStorage.setItem(`cx-sent:${draftKey(form)}`, "1"); } catch { /* nothing kept */ } };
  const settleSent = () => {
    try {
      for (const key of Object.keys(sessionStorage).filter((name) => name.startsWith("cx-sent:"))) {
        sessionStorage.removeItem(key);
        if (!document.body.classList.contains("cx-refused")) sessionStorage.removeItem(key.slice("cx-sent:".length));
      }
    } catch { /* nothing kept */ }
  };
  const restoreDraft = (form) => {
    if (form.dataset.draftRead) return;
    form.dataset.draftRead = "1";
    let kept = null;
    try { kept = JSON.parse(sessionStorage.getItem(draftKey(form))); } catch { return; }
    if (!kept || form.querySelector(".cx-errors")) return; // an answer with errors already holds what was typed
    let changed = false;
    for (const field of draftFields(form)) {
      const boxed = field.type === "checkbox" || field.type === "radio";
      const found = kept.find(([name, value]) => name === field.name && (!boxed || value === field.value));
      if (!found) continue;
      if (boxed) { changed ||= field.checked !== found[2]; field.checked = found[2]; }
      else if (field.value !== found[1]) { changed = true; field.value = found[1]; }
    }
    if (changed) announce(word("draft"));
  };

  // --- lists ---------------------------------------------------------------------------------------------------------------
  const countSelected = (form) => {
    const boxes = all("input[name=ids]", form);
    const chosen = boxes.filter((box) => box.checked).length;
    const bar = form.querySelector("[data-bulk-bar]");
    bar?.classList.toggle("is-active", chosen > 0);
    const count = form.querySelector("[data-bulk-count]");
    if (count) count.textContent = chosen ? `${chosen} ${word("selected")}` : "";
    const every = form.querySelector("[data-select-all]");
    if (every) { every.checked = chosen > 0 && chosen === boxes.length; every.indeterminate = chosen > 0 && chosen < boxes.length; }
  };

  // --- tips: kept inside the window -----------------------------------------------------------------------------------------
  const placeTip = (tip) => {
    const text = tip.querySelector(":scope > .cx-tip-text");
    if (!text) return;
    tip.classList.remove("is-left", "is-right", "is-below", "is-quiet");
    const box = text.getBoundingClientRect();
    if (box.right > window.innerWidth - 8) tip.classList.add("is-left");
    else if (box.left < 8) tip.classList.add("is-right");
    if (box.top < 64) tip.classList.add("is-below");
  };

  // --- wide tables: a box that scrolls must be reachable by keyboard, one that does not should not stop the Tab key --------
  const reachTables = () => all(".cx-table-wrap").forEach((box) => {
    const scrolls = box.scrollWidth > box.clientWidth + 1;
    if (scrolls && !box.hasAttribute("tabindex")) {
      box.tabIndex = 0;
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", box.querySelector("caption")?.textContent || document.title);
      box.dataset.reached = "1";
    } else if (!scrolls && box.dataset.reached) {
      for (const name of ["tabindex", "role", "aria-label", "data-reached"]) box.removeAttribute(name);
    }
  });
  window.addEventListener("resize", reachTables);

  // --- help drawer ---------------------------------------------------------------------------------------------------------------
  let helpOpener = null;
  const help = (open) => {
    const drawer = document.getElementById("help");
    if (!drawer) return;
    if (open) helpOpener = document.activeElement;
    drawer.classList.toggle("is-open", open);
    if (open) drawer.querySelector("[data-help-close]")?.focus();
    else if (helpOpener instanceof HTMLElement) helpOpener.focus();
  };
  const helpIsOpen = () => document.getElementById("help")?.classList.contains("is-open");

  // --- events --------------------------------------------------------------------------------------------------------------------
  document.addEventListener("click", (event) => {
    if (closest(event, "[data-theme-toggle]")) toggleTheme();
    if (closest(event, "[data-help-open]")) { event.preventDefault(); help(!helpIsOpen()); }
    if (closest(event, "[data-help-close]")) { event.preventDefault(); help(false); }
    const inside = closest(event, "details.cx-menu, details.cx-nav-more");
    all("details.cx-menu[open], details.cx-nav-more[open]").forEach((menu) => {
      if (menu !== inside && !menu.contains(inside)) menu.open = false;
    });
    const jump = closest(event, ".cx-errors a[href^='#']");
    if (jump) {
      const field = document.getElementById(decodeURIComponent(jump.getAttribute("href").slice(1)));
      if (field) {
        event.preventDefault();
        const fold = field.closest("details");
        if (fold) fold.open = true;
        (typing(field) ? field : field.querySelector("input, select, textarea") || field).focus();
      }
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      const menu = all("details.cx-menu[open], details.cx-nav-more[open]").pop();
      if (menu) { menu.open = false; menu.querySelector("summary")?.focus(); }
      else if (helpIsOpen()) help(false);
      all(".cx-tip").forEach((tip) => tip.classList.add("is-quiet"));
    }
    if (typing(event.target)) return;
    if (event.key === "/") {
      const field = document.getElementById("id_q") || document.getElementById("global-search");
      if (field) { event.preventDefault(); field.focus(); }
    }
    if (event.key === "?") { event.preventDefault(); help(!helpIsOpen()); }
  });
  for (const kind of ["pointerover", "focusin"]) {
    document.addEventListener(kind, (event) => { const tip = closest(event, ".cx-tip"); if (tip) placeTip(tip); });
  }
  // A live search asks while typing; the change that leaving the field reports would ask again and undo a sort just clicked.
  document.addEventListener("change", (event) => { if (closest(event, "[data-live]")) event.stopPropagation(); }, true);
  document.addEventListener("change", (event) => {
    const every = closest(event, "[data-select-all]");
    const form = closest(event, "[data-bulk]");
    if (!form) return;
    if (every) all("input[name=ids]", form).forEach((box) => { box.checked = every.checked; });
    countSelected(form);
  });
  document.addEventListener("input", (event) => { const form = closest(event, "form[data-keep-draft]"); if (form) keepDraft(form); });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form instanceof HTMLFormElement && form.dataset.keepDraft && !form.hasAttribute("hx-post")) markSent(form);
  });

  // --- htmx ------------------------------------------------------------------------------------------------------------------------
  document.addEventListener("htmx:configRequest", (event) => {
    const form = event.detail.elt;
    if (!(form instanceof HTMLFormElement) || !form.hasAttribute("data-drop-empty")) return;
    for (const [name, value] of Array.from(event.detail.formData.entries())) {
      if (value === "") event.detail.formData.delete(name); // short addresses
    }
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt;
    if (event.detail.successful && form instanceof HTMLFormElement && form.dataset.keepDraft) dropDraft(form);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const target = event.detail.target;
    const part = target.isConnected ? target : document.getElementById(target.id) || document.body;
    ready(part.parentElement || part);
    const wanted = part.querySelector("[data-focus]") || (part.matches("[data-focus]") ? part : null);
    if (wanted) wanted.focus();
    if (part === document.body) { // a whole new page: start where a reader would
      window.scrollTo(0, 0);
      document.getElementById("main")?.focus();
      announce([document.title, ...all("#messages .cx-message > span").map((text) => text.textContent)].join(". "));
    } else if (event.detail.requestConfig?.verb !== "get") announce(word("loaded"));
    const asked = event.detail.requestConfig?.elt;
    if (asked instanceof Element && asked.closest("[data-to-top]")) {
      document.getElementById("list")?.scrollIntoView();
      document.querySelector("#list table a")?.focus({ preventScroll: true });
    }
  });
  // A refusal is a page of its own; its reason is shown here, as text.
  const reason = (xhr) => (xhr?.responseText
    ? new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector(".cx-plain-card p")?.textContent.trim() : "");
  for (const kind of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(kind, (event) => {
      const said = reason(event.detail.xhr) || word("failed");
      announce(said);
      const place = document.getElementById("messages");
      if (!place) return;
      const box = document.createElement("div");
      box.className = "cx-message cx-message-error";
      const text = document.createElement("span");
      text.textContent = said;
      box.append(text);
      place.replaceChildren(box);
      place.scrollIntoView({ block: "nearest" });
    });
  }

  const ready = (from) => {
    drawCharts(from);
    all("form[data-keep-draft]", from).forEach(restoreDraft);
    all("form[data-bulk]", from).forEach(countSelected);
    nameTheme();
    reachTables();
  };
  settleSent();
  ready(document);
})();
