"use strict";
// Without this the form works as forms do. With it files can be dropped, taken away again, and seen going up.
(() => {
  const form = document.querySelector("form");
  const [input, drop] = [form.querySelector("input[type=file]"), form.querySelector(".drop")];
  const [list, bar, state, error] = ["chosen", "progress", "state", "error"].map((id) => document.getElementById(id));
  const button = form.querySelector("button");
  const [filesMax, bytesMax] = [Number(form.dataset.files), Number(form.dataset.bytes)];
  let chosen = [];
  document.documentElement.classList.add("scripted");
  input.required = false;

  const size = (bytes) =>
    bytes < 1024 ? `${bytes} bytes` : bytes < 1048576 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1048576).toFixed(1)} MiB`;

  const made = (name, text, kind) => Object.assign(document.createElement(name), { textContent: text, className: kind });

  const fail = (text) => {
    error.textContent = text;
    error.hidden = text === "";
  };

  const problem = () => {
    const large = chosen.find((file) => bytesMax > 0 && file.size > bytesMax);
    if (large) return `${large.name} is too large: a file has at most ${size(bytesMax)} here.`;
    if (chosen.length > filesMax) return `At most ${filesMax} files go at once.`;
    return "";
  };

  const show = () => {
    list.replaceChildren(...chosen.map((file, at) => {
      const line = made("li", "", "line");
      const remove = made("button", "Remove", "plain");
      remove.type = "button";
      remove.setAttribute("aria-label", `Remove ${file.name}`);
      remove.onclick = () => { chosen.splice(at, 1); show(); };
      line.append(made("span", file.name, "name"), made("span", size(file.size), "dim"), remove);
      return line;
    }));
    fail(problem());
    button.disabled = chosen.length === 0 || problem() !== "";
  };

  const add = (files) => {
    chosen = chosen.concat([...files]);
    show();
  };

  const done = (request) => {
    const answer = new DOMParser().parseFromString(request.responseText, "text/html");
    const reason = answer.getElementById("error");
    if (reason) return again(reason.textContent);
    document.querySelector("main").replaceChildren(...answer.querySelector("main").childNodes);
  };

  const again = (reason) => {
    fail(reason);
    bar.hidden = true;
    state.textContent = "";
    button.disabled = false;
  };

  const send = () => {
    const data = new FormData();
    if (form.keep_metadata.checked) data.append("keep_metadata", "1");
    data.append("caption", form.caption.value);
    chosen.forEach((file) => data.append("files", file, file.name));
    const request = new XMLHttpRequest();
    const began = performance.now();
    request.upload.onprogress = (event) => {
      const seconds = (performance.now() - began) / 1000;
      bar.value = event.total > 0 ? event.loaded / event.total : 0;
      const speed = seconds > 0.5 ? `, ${size(Math.round(event.loaded / seconds))}/s` : "";
      state.textContent = event.loaded < event.total ? `${size(event.loaded)} of ${size(event.total)}${speed}` : "Nearly done …";
    };
    request.onload = () => done(request);
    request.onerror = () => again("The connection broke off. Nothing was sent: try again.");
    request.open("POST", location.href);
    request.send(data);
    fail("");
    bar.hidden = false;
    button.disabled = true;
  };

  input.onchange = () => { add(input.files); input.value = ""; };
  form.onsubmit = (event) => { event.preventDefault(); send(); };
  for (const name of ["dragover", "dragenter"]) {
    document.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  document.addEventListener("dragleave", () => drop.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    add(event.dataTransfer.files);
  });
  show();
})();
