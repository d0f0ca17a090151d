"use strict";
// Without this the form works as forms do. With it files can be dropped, taken away again, and seen going up.
(() => {
  const form = document.querySelector("form");
  const [input, drop] = [form.querySelector("input[type=file]"), form.querySelector(".drop")];
  const [list, bar, state, error] = ["chosen", "progress", "state", "error"].map((id) => document.getElementById(id));
  const button = form.querySelector("button");
  const [filesMax, bytesMax] = [Number(form.dataset.files), Number(form.dataset.bytes)];
  let [chosen, sending] = [[], false];
  const UNKNOWN = "No answer came. Look in the channel whether the files are there before you try again.";
  document.documentElement.classList.add("scripted");
  input.required = false;

  const size = (bytes) =>
    bytes === 1 ? "1 byte" : bytes < 1024 ? `${bytes} bytes` : bytes < 1048576 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1048576).toFixed(1)} MiB`;

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
      remove.disabled = sending;
      remove.onclick = () => { chosen.splice(at, 1); show(); };
      line.append(made("span", file.name, "name"), made("span", size(file.size), "dim"), remove);
      return line;
    }));
    fail(problem());
    button.disabled = sending || chosen.length === 0 || problem() !== "";
    input.disabled = sending;
  };

  const add = (files) => {
    if (sending) return;
    chosen = chosen.concat([...files]);
    show();
  };

  const done = (request) => {
    const answer = new DOMParser().parseFromString(request.responseText, "text/html");
    const reason = answer.getElementById("error");
    if (reason) return again(reason.textContent);
    // What stands between us and the server may answer as well.
    const main = answer.querySelector("main");
    if (!main) return again(UNKNOWN);
    document.querySelector("main").replaceChildren(...main.childNodes);
  };

  const again = (reason) => {
    sending = false;
    show();
    fail(reason);
    bar.hidden = true;
    state.textContent = "";
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
    request.onerror = () => again(UNKNOWN);
    request.open("POST", location.href);
    request.send(data);
    sending = true;
    show();
    bar.hidden = false;
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
