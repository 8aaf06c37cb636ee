// The company's own colour, and black or white on it, whichever is easier to read.
function luminance(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

export function wearColour(colour) {
  if (!/^#[0-9a-f]{6}$/i.test(colour)) return;
  // As bright as here, black and white have the same contrast.
  const ink = luminance(colour) > 0.179 ? "#000000" : "#ffffff";
  document.documentElement.style.setProperty("--own", colour);
  document.documentElement.style.setProperty("--on-own", ink);
}
