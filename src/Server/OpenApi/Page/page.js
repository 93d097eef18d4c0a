"use strict";

// Builds the page from the description. Whatever comes from the server is put in as text, never as markup.
const methods = ["post", "get", "put", "patch", "delete"];

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function parameterInput(parameter) {
  const choices = parameter.schema.enum;
  if (choices) {
    return element("select", {}, element("option", { value: "" }), ...choices.map((choice) => element("option", { value: choice }, choice)));
  }
  const input = element("input", { size: "30" });
  input.value = parameter.in === "path" ? parameter.example : "";
  return input;
}

function urlOf(path, inputs) {
  const query = new URLSearchParams();
  for (const [parameter, input] of inputs) {
    if (parameter.in === "path") {
      path = path.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    } else if (input.value !== "") {
      query.set(parameter.name, input.value);
    }
  }
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}

async function send(method, url, type, body, output) {
  const headers = {};
  const key = document.getElementById("key").value;
  if (key !== "") {
    headers.Authorization = `Bearer ${key}`;
  }
  if (body !== null) {
    headers["Content-Type"] = type;
  }
  output.textContent = "…";
  try {
    const started = performance.now();
    const answer = await fetch(url, { method: method.toUpperCase(), headers, body, credentials: "same-origin", cache: "no-store" });
    let text = await answer.text();
    if ((answer.headers.get("Content-Type") || "").includes("json")) {
      try {
        text = JSON.stringify(JSON.parse(text), null, 2);
      } catch {
        // Newline-delimited JSON is shown as it came.
      }
    }
    const shown = text.length > 200000 ? text.slice(0, 200000) + "\n… (cut)" : text;
    output.textContent = `${method.toUpperCase()} ${url}\n${answer.status} in ${Math.round(performance.now() - started)} ms\n\n${shown}`;
  } catch (error) {
    output.textContent = `No answer: ${error.message}`;
  }
}

function bodyInputs(operation, form) {
  const content = operation.requestBody ? operation.requestBody.content : {};
  const examples = [];
  for (const [type, media] of Object.entries(content)) {
    for (const [name, example] of Object.entries(media.examples || {})) {
      const text = typeof example.value === "string" ? example.value : JSON.stringify(example.value, null, 2);
      examples.push({ name, type, text });
    }
  }
  if (examples.length === 0) {
    return null;
  }
  const area = element("textarea", { spellcheck: "false", "aria-label": "body" });
  let type = examples[0].type;
  area.value = examples[0].text;
  if (examples.length > 1) {
    const choice = element("select", {}, ...examples.map((example) => element("option", {}, example.name)));
    choice.addEventListener("change", () => {
      type = examples[choice.selectedIndex].type;
      area.value = examples[choice.selectedIndex].text;
    });
    form.append(element("label", {}, "Example ", choice));
  }
  form.append(element("small", {}, `Body: ${Object.keys(content).join(", ")}`), area);
  return { read: () => area.value, type: () => type };
}

function show(path, method, operation) {
  const details = element("details", {}, element("summary", {},
    element("span", { class: `method ${method}` }, method.toUpperCase()), element("code", {}, path), " ", element("small", {}, operation.summary)));
  details.addEventListener("toggle", () => {
    if (!details.open || details.dataset.built) {
      return;
    }
    details.dataset.built = "yes";
    const form = element("form");
    const inputs = (operation.parameters || []).map((parameter) => [parameter, parameterInput(parameter)]);
    for (const [parameter, input] of inputs) {
      form.append(element("label", {}, `${parameter.name} `, input, " ", element("small", {}, parameter.description)));
    }
    const body = bodyInputs(operation, form);
    const output = element("pre", { hidden: "" });
    form.append(element("p", {}, element("button", { type: "submit" }, "Send")), output);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      output.hidden = false;
      send(method, urlOf(path, inputs), body ? body.type() : null, body ? body.read() : null, output);
    });
    details.append(form);
  });
  return details;
}

async function start() {
  const main = document.getElementById("operations");
  const description = await (await fetch("/openapi/v1.json", { credentials: "same-origin" })).json();
  document.getElementById("about").textContent = description.info.description;
  const groups = new Map();
  for (const [path, item] of Object.entries(description.paths)) {
    for (const method of methods.filter((each) => item[each])) {
      const tag = item[method].tags[0];
      if (!groups.has(tag)) {
        groups.set(tag, element("section", {}, element("h2", {}, tag)));
        main.append(groups.get(tag));
      }
      groups.get(tag).append(show(path, method, item[method]));
    }
  }
}

start().catch((error) => {
  document.getElementById("operations").textContent = `The description could not be read: ${error.message}`;
});
