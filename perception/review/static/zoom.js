// Zoom and pan of an SVG by its viewBox: wheel, keys, drag, two fingers.
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

  // One pointer drags. Two pinch: what lies between them stays there, and their distance is the scale.
  const pointers = new Map();
  let dragged = false;

  const middle = (points) => ({
    clientX: points.reduce((sum, one) => sum + one.clientX, 0) / points.length,
    clientY: points.reduce((sum, one) => sum + one.clientY, 0) / points.length,
  });
  const spread = ([one, other]) => (other ? Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) : 0);

  function move(before, now) {
    const [start, end] = [middle(before), middle(now)];
    if (!dragged && before.length === 1 && Math.hypot(end.clientX - start.clientX, end.clientY - start.clientY) < 4) return false;
    dragged = true;
    if (before.length > 1) by(spread(now) / Math.max(1, spread(before)), toFrame(start));
    const [from, to] = [toFrame(start), toFrame(end)];
    centre = [centre[0] + from[0] - to[0], centre[1] + from[1] - to[1]];
    apply();
    return true;
  }

  svg.addEventListener("pointerdown", (event) => {
    if (!pointers.size) dragged = false;
    pointers.set(event.pointerId, event);
  });
  svg.addEventListener("pointermove", (event) => {
    if (!pointers.has(event.pointerId)) return;
    if (!event.buttons) return void pointers.delete(event.pointerId);
    const before = [...pointers.values()];
    const now = before.map((one) => (one.pointerId === event.pointerId ? event : one));
    if (move(before, now)) pointers.set(event.pointerId, event);
  });
  for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, (event) => pointers.delete(event.pointerId));
  // The end of a drag must not choose what lies under it.
  svg.addEventListener("click", (event) => dragged && event.stopPropagation(), { capture: true });

  /** Move a box [x, y, width, height] of the frame into the middle when it is out of sight. */
  function reveal([x, y, width, height]) {
    const [across, down] = size().map((one) => one / scale);
    const at = [x + width / 2, y + height / 2];
    if (Math.abs(at[0] - centre[0]) < across / 2 && Math.abs(at[1] - centre[1]) < down / 2) return;
    centre = at;
    apply();
  }

  return { by, reveal, reset: () => { scale = 1; centre = null; apply(); } };
}
