// What this browser tab remembers of the conversation. Where a browser forbids a frame to store
// anything, the page remembers it for as long as it is open.
export function keeper(name) {
  let held = {};
  try {
    held = JSON.parse(sessionStorage.getItem(name) ?? "{}");
  } catch {
    // Nothing readable is there, or nothing may be stored.
  }
  return {
    get: (key) => held[key],
    set(changes) {
      held = { ...held, ...changes };
      for (const key of Object.keys(held)) if (held[key] == null) delete held[key];
      try {
        sessionStorage.setItem(name, JSON.stringify(held));
      } catch {
        // It stays in `held`.
      }
    },
  };
}
