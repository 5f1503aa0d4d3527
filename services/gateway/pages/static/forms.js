// What a form needs beyond what browsers do by themselves: rows, searches, uploads, signatures,
// places, positions, and following what is asked for while it is being filled in. Everything is found
// by its data- attributes and works on fields that come later, too.
"use strict";

const csrf = (inside) => inside.closest("form").elements.csrf_token.value;

function changed(inside) {
  dirty = true; // product.js: nobody takes the page away now
  inside.dispatchEvent(new Event("change", { bubbles: true }));
}

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

async function ask(path) {
  const answer = await fetch(path, { headers: { Accept: "application/json" } });
  return answer.ok ? answer.json() : null;
}

document.addEventListener("click", (event) => {
  const pressed = event.target.closest("button");
  if (!pressed) return;
  const { dataset } = pressed;
  if ("drop" in dataset) drop(pressed);
  if ("add" in dataset) addRow(pressed.closest("[data-rows]"));
  if ("dropRow" in dataset) dropRow(pressed);
  if ("here" in dataset) locate(pressed.closest("[data-location]"));
  if ("clear" in dataset) clearSignature(pressed.closest("[data-signature]"));
  if ("choose" in dataset) choose(pressed);
});

function drop(pressed) {
  const around = pressed.closest("[data-search], [data-files]");
  pressed.parentElement.remove();
  changed(around);
}

// -- tables

let fresh = 1_000; // above every row that the page came with

function addRow(table) {
  const body = table.querySelector("tbody");
  if (table.dataset.most && body.rows.length >= Number(table.dataset.most)) return;
  const html = table.querySelector("template").innerHTML;
  body.insertAdjacentHTML("beforeend", html.replaceAll(".#.", `.${fresh++}.`));
  prepare(body.lastElementChild);
  body.lastElementChild.querySelector("input, select, textarea")?.focus();
  number(table);
}

function dropRow(pressed) {
  const table = pressed.closest("[data-rows]");
  pressed.closest("tr").remove();
  number(table);
  changed(table);
}

// Cells are known by the place of their row, as refusals name them.
function number(table) {
  [...table.querySelector("tbody").rows].forEach((row, place) => {
    row.querySelectorAll("[data-path]").forEach((cell) => {
      cell.dataset.path = cell.dataset.path.replace(/\[[^\]]*\]/, `[${place}]`);
    });
  });
}

// -- searches

document.addEventListener("input", (event) => {
  const search = event.target.closest("[data-search] input[type=search]");
  if (!search) return;
  clearTimeout(search.pending);
  search.pending = setTimeout(() => find(search), 200);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("[data-search] input[type=search]")) return;
  event.preventDefault(); // not the form: the first that was found
  event.target.parentElement.querySelector("[data-choose]")?.click();
});

async function find(search) {
  const around = search.closest("[data-search]");
  const list = around.querySelector(".found");
  const words = search.value.trim();
  const found = words ? await ask(`${around.dataset.search}?q=${encodeURIComponent(words)}`) : [];
  if (search.value.trim() !== words) return; // an answer that came too late
  list.replaceChildren(...(found ?? []).map(([value, label]) => {
    const option = element("button", { type: "button", textContent: `${label} · ${value}` });
    Object.assign(option.dataset, { choose: value, label });
    option.setAttribute("role", "option");
    return option;
  }));
  list.hidden = !list.children.length;
}

function choose(option) {
  const around = option.closest("[data-search]");
  const { name, most } = around.dataset;
  const there = [...around.querySelectorAll(".chip")];
  const value = option.dataset.choose;
  if (!there.some((chip) => chip.querySelector("input").value === value)) {
    if (there.length >= Number(most)) there.at(-1).remove();
    const kept = element("input", { type: "hidden", name, value });
    const chip = element("span", { className: "chip" }, kept, option.dataset.label, dropper());
    around.insertBefore(chip, around.querySelector("input[type=search]"));
  }
  around.querySelector("input[type=search]").value = "";
  around.querySelector(".found").hidden = true;
  changed(around);
}

function dropper() {
  const made = element("button", { type: "button", textContent: "×" });
  made.dataset.drop = "";
  return made;
}

// -- files and signatures

async function send(file, inside) {
  const name = encodeURIComponent(file.name ?? "");
  const answer = await fetch(`/api/v1/files?name=${name}`, {
    method: "POST", body: file, headers: { "X-CSRF-Token": csrf(inside) },
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.detail);
  return told;
}

document.addEventListener("change", async (event) => {
  const input = event.target.closest("[data-files] input[type=file]");
  if (!input || !input.files.length) return;
  const around = input.closest("[data-files]");
  const said = around.querySelector(".said");
  said.hidden = true;
  for (const file of [...input.files]) {
    try {
      const kept = await send(file, around);
      if (!input.accept.split(",").includes(kept.media_type)) throw new Error(around.dataset.other);
      around.insertBefore(thumbnail(around.dataset.name, kept), input);
    } catch (problem) {
      said.textContent = `${file.name}: ${problem.message}`;
      said.hidden = false;
    }
  }
  input.value = "";
  changed(around);
});

function thumbnail(name, kept) {
  const shown = kept.media_type.startsWith("image/")
    ? element("img", { src: `/api/v1/files/${kept.file_id}`, alt: "" })
    : element("a", { href: `/api/v1/files/${kept.file_id}`, target: "_blank", textContent: kept.name });
  const value = element("input", { type: "hidden", name, value: kept.file_id });
  return element("span", { className: "file" }, value, shown, dropper());
}

function readySignature(around) {
  const canvas = around.querySelector("canvas");
  const pen = canvas.getContext("2d");
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    const scale = canvas.width / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  };
  Object.assign(pen, { lineWidth: 4, lineCap: "round", lineJoin: "round", strokeStyle: "#14285a" });
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pen.beginPath();
    pen.moveTo(...at(event));
    pen.lineTo(...at(event));
    pen.stroke();
    around.dataset.drawn = "";
    dirty = true;
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!event.buttons) return;
    pen.lineTo(...at(event));
    pen.stroke();
  });
}

function clearSignature(around) {
  const canvas = around.querySelector("canvas");
  canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
  around.querySelector("input").value = "";
  around.querySelector("img")?.remove();
  delete around.dataset.drawn;
}

// What was drawn is sent first, then the form.
document.addEventListener("submit", async (event) => {
  const drawn = [...event.target.querySelectorAll("[data-signature][data-drawn]")];
  if (!drawn.length) return;
  event.preventDefault();
  for (const around of drawn) {
    const canvas = around.querySelector("canvas");
    const image = await new Promise((done) => canvas.toBlob(done, "image/png"));
    try {
      around.querySelector("input").value = (await send(image, around)).file_id;
      delete around.dataset.drawn;
    } catch {
      const said = around.querySelector(".said");
      said.textContent = around.dataset.failed;
      said.hidden = false;
      return;
    }
  }
  event.target.requestSubmit(event.submitter);
});

// -- places and positions

async function readyRegion(around) {
  const input = around.querySelector("input");
  const labels = around.dataset.labels.split(",");
  const provinces = await ask("/api/v1/places");
  if (!provinces) return; // the code can be typed
  const value = input.value;
  const steps = value ? [`${value.slice(0, 2)}0000`, `${value.slice(0, 4)}00`, value] : [];
  input.type = "hidden";
  await offer(around, labels, 0, provinces.places, steps);
}

async function offer(around, labels, level, places, steps = []) {
  if (!places.length || level === labels.length) return;
  const select = element("select", {}, element("option", { value: "", textContent: labels[level] }));
  select.setAttribute("aria-label", labels[level]);
  select.required = level === 0 && around.querySelector("input").required;
  select.append(...places.map(({ adcode, name }) => element("option", { value: adcode, textContent: name })));
  around.append(select);
  const follow = async (further) => {
    while (around.lastElementChild !== select) around.lastElementChild.remove();
    const above = select.previousElementSibling;
    around.querySelector("input").value = select.value || (above.matches("select") ? above.value : "");
    if (!places.find(({ adcode }) => adcode === select.value)?.divided) return;
    const within = await ask(`/api/v1/places?parent_adcode=${select.value}`);
    await offer(around, labels, level + 1, within?.places ?? [], further);
  };
  select.addEventListener("change", () => follow([]));
  if (steps[level]) {
    select.value = steps[level];
    await follow(steps);
  }
}

function locate(around) {
  navigator.geolocation?.getCurrentPosition(({ coords }) => {
    const [longitude, latitude] = around.querySelectorAll("input");
    longitude.value = coords.longitude.toFixed(6);
    latitude.value = coords.latitude.toFixed(6);
    around.querySelector("select").value = "WGS-84"; // what a device measures
    changed(around);
  });
}

// -- what is asked for as things stand

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-look]");
  if (!form) return;
  clearTimeout(form.pending);
  form.pending = setTimeout(() => look(form), 150);
});

// A form that is sent is not looked at any more: its task may be done by then.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return; // it is sent later
  clearTimeout(event.target.pending);
  event.target.asking?.abort();
});

async function look(form) {
  form.asking?.abort();
  form.asking = new AbortController();
  const body = new URLSearchParams([...new FormData(form)].filter(([, text]) => typeof text === "string"));
  try {
    const answer = await fetch(form.dataset.look, { method: "POST", body, signal: form.asking.signal });
    const standing = answer.ok ? await answer.json() : null;
    if (standing) show(form, standing);
  } catch (problem) {
    if (problem.name !== "AbortError") throw problem;
  }
}

function show(form, { hidden, needed, seen }) {
  form.querySelectorAll("[data-path]").forEach((field) => {
    const { path } = field.dataset;
    field.hidden = field.disabled = hidden.includes(path);
    const required = "required" in field.dataset || needed.includes(path);
    field.querySelector(":scope > legend, :scope > label > span")?.classList.toggle("needed", required);
    field.querySelectorAll("input:not([type=checkbox], [type=search], [type=file]), select, textarea")
      .forEach((input) => {
        if (input.closest("[data-path], [data-region]") === field) input.required = required;
      });
    const output = field.querySelector(":scope > output");
    if (output && path in seen) output.innerHTML = seen[path]; // written by the server, escaped
  });
}

function prepare(part) {
  part.querySelectorAll("[data-signature]").forEach(readySignature);
  part.querySelectorAll("[data-region]").forEach(readyRegion);
}
prepare(document);
document.addEventListener("renewed", () => prepare(document));
