// Zoom and pan of an SVG by its viewBox: wheel, keys, drag.
const DEEPEST = 20;

export function startZoom(svg) {
  let scale = 1;
  let centre = null;

  const size = () => {
    const image = svg.querySelector("image");
    return [Number(image.getAttribute("width")), Number(image.getAttribute("height"))];
  };

  function apply() {
    const [width, height] = size();
    const [w, h] = [width / scale, height / scale];
    centre ??= [width / 2, height / 2];
    centre = [
      Math.min(width - w / 2, Math.max(w / 2, centre[0])), Math.min(height - h / 2, Math.max(h / 2, centre[1])),
    ];
    svg.setAttribute("viewBox", `${centre[0] - w / 2} ${centre[1] - h / 2} ${w} ${h}`);
  }

  function toFrame(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [point.x, point.y];
  }

  function by(factor, at = centre) {
    const before = scale;
    scale = Math.min(DEEPEST, Math.max(1, scale * factor));
    const moved = before / scale;
    centre = [at[0] + (centre[0] - at[0]) * moved, at[1] + (centre[1] - at[1]) * moved];
    apply();
  }

  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    by(Math.exp(-event.deltaY / 400), toFrame(event));
  }, { passive: false });

  let grip = null;
  let dragged = false;
  svg.addEventListener("pointerdown", (event) => {
    grip = toFrame(event);
    dragged = false;
  });
  svg.addEventListener("pointermove", (event) => {
    if (!grip || event.buttons !== 1) return;
    const now = toFrame(event);
    if (!dragged && Math.hypot(now[0] - grip[0], now[1] - grip[1]) * scale < 3) return;
    dragged = true;
    centre = [centre[0] + grip[0] - now[0], centre[1] + grip[1] - now[1]];
    apply();
  });
  svg.addEventListener("pointerup", () => (grip = null));
  // The end of a drag must not choose what lies under it.
  svg.addEventListener("click", (event) => dragged && event.stopPropagation(), { capture: true });

  return { by: (factor) => by(factor), reset: () => { scale = 1; centre = null; apply(); } };
}
