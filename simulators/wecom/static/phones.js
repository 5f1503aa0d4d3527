// Keeps the phones live: asks for the fragment every second, replaces only what has changed.
"use strict";

const live = document.getElementById("live");
const notice = document.getElementById("notice");

const atBottom = (chat) => chat.scrollHeight - chat.scrollTop - chat.clientHeight < 24;
const toBottom = (chat) => { chat.scrollTop = chat.scrollHeight; };

function replacePhone(fresh) {
  const shown = document.getElementById(fresh.id);
  if (shown.dataset.version === fresh.dataset.version) return;
  const follow = atBottom(shown.querySelector(".chat"));
  const top = shown.querySelector(".chat").scrollTop;
  shown.replaceWith(fresh);
  const chat = fresh.querySelector(".chat");
  if (follow) toBottom(chat); else chat.scrollTop = top;
  fresh.classList.add("changed");
}

async function refresh() {
  const answer = await fetch("/phones", {
    cache: "no-store", headers: { "If-None-Match": live.dataset.tag },
  });
  if (answer.status !== 200) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.getElementById("bar").replaceWith(page.getElementById("bar"));
  page.querySelectorAll(".phone").forEach(replacePhone);
  live.dataset.tag = answer.headers.get("ETag");
}

async function loop() {
  try {
    await refresh();
    document.getElementById("offline").hidden = true;
  } catch {
    document.getElementById("offline").hidden = false;
  }
  setTimeout(loop, 1000);
}

live.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-key]");
  if (!button) return;
  const userid = button.closest(".phone").dataset.userid;
  const msgid = button.closest(".item").dataset.msgid;
  button.classList.add("busy");
  const answer = await fetch(`/_sim/users/${userid}/click`, {
    method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ msgid, key: button.dataset.key }),
  });
  button.classList.remove("busy");
  notice.textContent = answer.ok ? "已点击，回调已发给应用。" : `点击没有生效：${(await answer.json()).detail}`;
  notice.hidden = false;
  setTimeout(() => { notice.hidden = true; }, 3000);
});

document.querySelectorAll(".chat").forEach(toBottom);
loop();
