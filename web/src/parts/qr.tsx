// SPDX-License-Identifier: Apache-2.0
// A QR code drawn here, as one SVG path: the secret in it goes to nobody else.
import qrcode from "qrcode-generator";

export function QrCode(props: { text: string; label: string }) {
  const code = qrcode(0, "M");
  code.addData(props.text);
  code.make();
  const size = code.getModuleCount();
  let path = "";
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      if (code.isDark(row, column)) path += `M${column} ${row}h1v1h-1z`;
    }
  }
  return (
    <svg
      class="qr"
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={props.label}
      shape-rendering="crispEdges"
    >
      <path d={path} fill="currentColor" />
    </svg>
  );
}
