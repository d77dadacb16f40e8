// Numbers as autograd_core.text.number and as Python's repr write them.

function decoded(x) {
  return typeof x === "string" ? Number(x.replace("inf", "Infinity")) : x;
}

function notFinite(x) {
  return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
}

function number(x) {
  const size = Math.abs(x);
  if (!Number.isFinite(x)) return notFinite(x);
  if (Object.is(x, -0)) return "-0";
  if ((size >= 1000 && size < 1e6) || (Number.isInteger(x) && size < 1000)) {
    return x.toFixed(0);
  }
  const [mantissa, exponent] = x.toExponential(3).split("e");
  const plain = Number(exponent) >= -4 && Number(exponent) < 4;
  return plain
    ? String(Number(x.toPrecision(4)))
    : `${Number(mantissa)}e${Number(exponent)}`;
}

function exact(x) {
  const size = Math.abs(x);
  if (!Number.isFinite(x)) return notFinite(x);
  if (Object.is(x, -0)) return "-0.0";
  if (x !== 0 && (size < 1e-4 || size >= 1e16)) {
    return x.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  }
  return Number.isInteger(x) ? x.toFixed(1) : String(x);
}

function signed(x) {
  return x < 0 || Object.is(x, -0) ? `- ${number(-x)}` : `+ ${number(x)}`;
}

function sum([first, ...rest]) {
  return [number(first), ...rest.map(signed)].join(" ");
}
