#include "mosaic/report/style.h"

namespace mosaic::report {

// The palette keeps apart for readers who see few colours: five hues, each light and dark, so that neighbours differ in brightness as well.
const std::string_view kStyle = R"css(
:root { color-scheme: light dark; --ink: #1c1e21; --paper: #ffffff; --muted: #686d75; --rule: #d9dce1; --band: #f4f5f7; --good: #176b34; --bad: #b3261e;
  --c0: #1f5f99; --c1: #8fbfe6; --c2: #b4520f; --c3: #f3a35c; --c4: #1f7a5c; --c5: #84c9ab; --c6: #7a3e94; --c7: #c79bdb; --c8: #5c6066; --c9: #c8a400; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e6ea; --paper: #16181b; --muted: #9aa0a9; --rule: #363a41; --band: #1f2226; --good: #6fcf8f; --bad: #ff8a80;
    --c0: #5aa2e0; --c1: #b9d9f2; --c2: #e07b33; --c3: #f7c190; --c4: #3fae88; --c5: #a9e0ca; --c6: #b07ccb; --c7: #dfc3ec; --c8: #9ea3ab; --c9: #e3c94a; }
}
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem 1.25rem 4rem; color: var(--ink); background: var(--paper); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0.5rem 0; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 0.75rem; padding-top: 0.75rem; border-top: 1px solid var(--rule); }
h3 { font-size: 1.05rem; margin: 1.5rem 0 0.5rem; }
a { color: var(--c0); }
.subtitle, .muted, figcaption { color: var(--muted); }
nav { columns: 18rem 2; font-size: 0.9rem; margin: 1rem 0 2rem; }
nav ol { margin: 0; padding-left: 1.5rem; }
.note { border-left: 3px solid var(--c9); background: var(--band); margin: 1rem 0; padding: 0.5rem 0.9rem; }
pre { background: var(--band); padding: 0.6rem 0.9rem; overflow-x: auto; font-size: 0.85rem; }
figure { margin: 1.25rem 0; }
figcaption { font-size: 0.9rem; margin: 0.35rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.88rem; }
th, td { padding: 0.25rem 0.7rem; text-align: left; border-bottom: 1px solid var(--rule); vertical-align: top; }
th { border-bottom: 2px solid var(--muted); font-weight: 600; }
tbody tr:hover { background: var(--band); }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.good { color: var(--good); } .bad { color: var(--bad); font-weight: 600; }
figure > svg { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif; }
svg text { fill: var(--ink); } svg .small { font-size: 10px; fill: var(--muted); } svg .title { fill: var(--muted); }
svg .inside { fill: #ffffff; font-size: 11px; paint-order: stroke; stroke: #00000088; stroke-width: 2px; }
.c0 { fill: var(--c0); } .c1 { fill: var(--c1); } .c2 { fill: var(--c2); } .c3 { fill: var(--c3); } .c4 { fill: var(--c4); }
.c5 { fill: var(--c5); } .c6 { fill: var(--c6); } .c7 { fill: var(--c7); } .c8 { fill: var(--c8); } .c9 { fill: var(--c9); }
.line { fill: none; stroke-width: 1.8; }
.line.c0 { stroke: var(--c0); } .line.c1 { stroke: var(--c1); } .line.c2 { stroke: var(--c2); } .line.c3 { stroke: var(--c3); }
.line.c4 { stroke: var(--c4); } .line.c5 { stroke: var(--c5); } .line.c6 { stroke: var(--c6); } .line.c7 { stroke: var(--c7); }
.line.c8 { stroke: var(--c8); } .line.c9 { stroke: var(--c9); }
.dashed { stroke-dasharray: 6 4; }
.box { stroke: var(--paper); stroke-width: 1.5; }
.grid { stroke: var(--rule); stroke-width: 1; } .axis { stroke: var(--muted); stroke-width: 1; }
.reference { stroke: var(--ink); stroke-width: 1; stroke-dasharray: 3 3; } .error { stroke: var(--ink); stroke-width: 1; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0.2rem 1.1rem; margin: 0.4rem 0; padding: 0; font-size: 0.85rem; }
.legend svg { width: 14px; height: 10px; margin-right: 0.4rem; }
@media print {
  :root { --ink: #000000; --paper: #ffffff; --muted: #55595f; --rule: #c8cbd0; --band: #f4f5f7; --good: #176b34; --bad: #b3261e;
    --c0: #1f5f99; --c1: #8fbfe6; --c2: #b4520f; --c3: #f3a35c; --c4: #1f7a5c; --c5: #84c9ab; --c6: #7a3e94; --c7: #c79bdb; --c8: #5c6066; --c9: #c8a400; }
  body { max-width: none; padding: 0; font-size: 11px; } nav { display: none; }
  figure, tr, .note { break-inside: avoid; } h2, h3 { break-after: avoid; } thead { display: table-header-group; } .scroll { overflow: visible; }
}
)css";

}  // namespace mosaic::report
