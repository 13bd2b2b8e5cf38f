using System.Security.Cryptography;
using System.Text;

namespace MlDurable.Pipelines.Reports;

/// <summary>The report's only style sheet. It may not hold a character that is escaped in markup, so that its hash is that of what a browser reads.</summary>
internal static class ReportStyle
{
    /// <summary>The style sheet.</summary>
    public const string Sheet = """

        :root {
          color-scheme: light dark;
          --page: #ffffff; --panel: #f6f7f9; --ink: #1a1e24; --muted: #596270; --line: #e2e5ea;
          --accent: #2450b8; --accent-soft: #e9eefb; --reference: #6b7380;
          --good: #17653a; --good-soft: #e7f4ec; --warn: #7d4c00; --warn-soft: #fcf2df;
          --bad: #a3211b; --bad-soft: #fcebea; --calm: #3f4b5c; --calm-soft: #edf0f4;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --page: #13161a; --panel: #1a1e24; --ink: #e7e9ed; --muted: #9fa8b5; --line: #2d333c;
            --accent: #8db0ff; --accent-soft: #1c2740; --reference: #8b95a3;
            --good: #74d297; --good-soft: #14281c; --warn: #e9b75f; --warn-soft: #2c230f;
            --bad: #ff9a91; --bad-soft: #331a18; --calm: #b6c1d0; --calm-soft: #222933;
          }
        }
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; }
        body {
          margin: 0 auto; padding: 2.5rem 1.5rem 3rem; max-width: 76rem; background: var(--page); color: var(--ink);
          font: 1rem/1.55 system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Noto Sans, Liberation Sans, Arial, sans-serif;
          font-variant-numeric: tabular-nums; overflow-wrap: break-word;
        }
        h1, h2, h3, p, ul, dl, dd, figure, table, pre { margin: 0; padding: 0; }
        h1 { font-size: 2.1rem; line-height: 1.2; letter-spacing: -0.02em; font-weight: 650; }
        h2 { font-size: 1.35rem; line-height: 1.3; letter-spacing: -0.01em; font-weight: 650; margin-bottom: 0.75rem; }
        h3 { font-size: 1rem; font-weight: 600; margin: 1.5rem 0 0.25rem; }
        a { color: var(--accent); }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
        code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, Liberation Mono, monospace; font-size: 0.86em; }
        small { display: block; color: var(--muted); font-size: 0.8em; font-weight: 400; }
        .kicker { color: var(--muted); font-size: 0.85rem; letter-spacing: 0.06em; text-transform: uppercase; }
        .byline { color: var(--muted); margin-top: 0.35rem; }
        .byline b { color: var(--ink); font-weight: 600; }
        .hint, .detail, figcaption { color: var(--muted); font-size: 0.875rem; max-width: 46rem; }
        .hint { margin-top: 0.75rem; }
        main p { max-width: 46rem; }

        .verdict { display: flex; gap: 1.1rem; align-items: flex-start; margin-top: 1.5rem; padding: 1.25rem 1.4rem; border-radius: 10px; }
        .verdict .icon { flex: none; width: 2.75rem; height: 2.75rem; padding: 0.5rem; border-radius: 50%; fill: none; stroke: var(--page);
          stroke-width: 2.6; stroke-linecap: round; stroke-linejoin: round; }
        .verdict .word { font-size: 1.35rem; line-height: 1.3; font-weight: 650; }
        .verdict .summary { margin-top: 0.25rem; font-size: 1.05rem; max-width: 52rem; }
        .verdict .meaning { margin-top: 0.35rem; color: var(--muted); font-size: 0.9rem; }
        .verdict.good { background: var(--good-soft); } .verdict.good .icon { background: var(--good); } .verdict.good .word { color: var(--good); }
        .verdict.warn { background: var(--warn-soft); } .verdict.warn .icon { background: var(--warn); } .verdict.warn .word { color: var(--warn); }
        .verdict.bad { background: var(--bad-soft); } .verdict.bad .icon { background: var(--bad); } .verdict.bad .word { color: var(--bad); }
        .verdict.calm { background: var(--calm-soft); } .verdict.calm .icon { background: var(--calm); } .verdict.calm .word { color: var(--calm); }

        .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: 1rem 2rem; margin-top: 1.5rem; }
        .figures dt { color: var(--muted); font-size: 0.85rem; }
        .figures .value { font-size: 1.6rem; line-height: 1.25; font-weight: 600; letter-spacing: -0.01em; }

        .page { display: grid; grid-template-columns: 9.5rem minmax(0, 1fr); gap: 3rem; margin-top: 2.5rem; padding-top: 2.25rem; border-top: 1px solid var(--line); }
        nav ul { position: sticky; top: 1.5rem; list-style: none; display: grid; gap: 0.4rem; font-size: 0.9rem; }
        nav a { color: var(--muted); text-decoration: none; }
        nav a:hover { color: var(--accent); text-decoration: underline; }
        section + section { margin-top: 3.25rem; }
        footer { margin-top: 3.5rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--muted); font-size: 0.85rem; }

        .table { overflow-x: auto; margin-top: 1rem; position: relative; }
        table { border-collapse: collapse; width: 100%; font-size: 0.9rem; line-height: 1.4; }
        caption { text-align: left; color: var(--muted); font-size: 0.875rem; padding-bottom: 0.5rem; }
        th, td { padding: 0.45rem 0.9rem 0.45rem 0; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
        th:last-child, td:last-child { padding-right: 0; }
        thead th, thead td { border-top: 0; color: var(--muted); font-weight: 500; font-size: 0.82rem; vertical-align: bottom; }
        tbody th { font-weight: 500; min-width: 7.5rem; }
        td.plot + .n { padding-left: 0.9rem; }
        .n { text-align: right; } td.n { white-space: nowrap; }
        td code { white-space: nowrap; }
        .plot { width: 14rem; min-width: 10.5rem; vertical-align: middle; padding-top: 0; padding-bottom: 0; }
        .settings { color: var(--muted); min-width: 10.5rem; }
        .primary th, .primary td { background: var(--panel); }
        .primary th:first-child, .primary td:first-child { box-shadow: inset 3px 0 0 var(--accent); padding-left: 0.75rem; }
        .primary th, .primary .n { font-weight: 600; }
        .group th { padding-top: 1.1rem; color: var(--muted); font-weight: 600; border-top: 0; }
        .group + tr th, .group + tr td { border-top-color: var(--muted); }
        .small th, .small td { color: var(--muted); font-weight: 400; }
        .foot td { border-top: 0; padding-top: 0; }
        .direction { color: var(--muted); font-weight: 400; }
        .tag { display: inline-block; padding: 0.05rem 0.5rem; border-radius: 99px; font-size: 0.78rem; font-weight: 550; white-space: nowrap; }
        .tag.good { background: var(--good-soft); color: var(--good); } .tag.warn { background: var(--warn-soft); color: var(--warn); }
        .tag.bad { background: var(--bad-soft); color: var(--bad); } .tag.calm { background: var(--calm-soft); color: var(--calm); }
        .tag.accent { background: var(--accent-soft); color: var(--accent); }

        summary { cursor: pointer; font-weight: 500; } .name { display: inline-block; margin-right: 0.9rem; }
        .notes { padding: 1rem 1.25rem; border-radius: 8px; }
        ul.notes { padding-left: 2.25rem; }
        .notes.warn { background: var(--warn-soft); } .notes.bad { background: var(--bad-soft); }
        .notes .detail { margin-top: 0.4rem; }
        .facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.35rem 1.5rem; margin-top: 1.5rem; font-size: 0.9rem; }
        .facts dt { color: var(--muted); }
        .facts code { overflow-wrap: anywhere; }
        pre { margin-top: 0.75rem; padding: 0.9rem 1.1rem; background: var(--panel); border: 1px solid var(--line); border-radius: 8px; overflow-x: auto; }

        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); gap: 2rem 2.5rem; }
        .charts figure { max-width: 30rem; }
        .legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0.1rem 1.25rem; margin-bottom: 0.5rem; font-size: 0.875rem; color: var(--muted); }
        .legend b { color: var(--ink); font-weight: 600; }
        .swatch { width: 22px; height: 8px; }
        svg { display: block; } .swatch { display: inline-block; vertical-align: middle; }
        .chart { width: 100%; height: auto; } .chart.wide { border-radius: 4px; }
        figcaption { margin-top: 0.5rem; }
        .row-plot { width: 100%; height: auto; min-width: 10.5rem; }
        .tick { font-size: 10.5px; fill: var(--muted); } .axis-title { font-size: 11.5px; fill: var(--ink); }
        .grid { stroke: var(--line); stroke-width: 1; } .axis { stroke: var(--muted); stroke-width: 1; } .guide { stroke: var(--reference); stroke-width: 1; stroke-dasharray: 2 2; }
        path.candidate, line.candidate { fill: none; stroke: var(--accent); stroke-width: 2.25; stroke-linejoin: round; }
        path.champion, line.champion { fill: none; stroke: var(--reference); stroke-width: 1.75; stroke-dasharray: 6 3; stroke-linejoin: round; }
        path.chance, line.chance { fill: none; stroke: var(--muted); stroke-width: 1.25; stroke-dasharray: 1.5 3.5; stroke-linecap: round; }
        .candidate-dot { fill: var(--accent); } .champion-dot, .small-dot { fill: var(--reference); } .worse-dot { fill: var(--bad); }
        .candidate-whisker { stroke: var(--accent); stroke-width: 2; } .worse-whisker { stroke: var(--bad); stroke-width: 2; }
        .candidate-bar { fill: var(--accent); opacity: 0.75; } .error-bar { stroke: var(--ink); stroke-width: 1.5; }
        .training { fill: var(--reference); opacity: 0.45; } .validation { fill: var(--reference); } .holdout { fill: var(--accent); }
        .probe rect { fill: transparent; } .probe line, .probe circle, .probe text { visibility: hidden; pointer-events: none; }
        .probe:hover line, .probe:hover circle, .probe:hover text { visibility: visible; }
        .probe-line { stroke: var(--muted); stroke-width: 1; }
        .probe-text { font-size: 11px; fill: var(--ink); stroke: var(--page); stroke-width: 4px; stroke-linejoin: round; paint-order: stroke; }

        .heat-1 { background: color-mix(in srgb, var(--accent) 8%, transparent); } .heat-2 { background: color-mix(in srgb, var(--accent) 18%, transparent); }
        .heat-3 { background: color-mix(in srgb, var(--accent) 30%, transparent); } .heat-4 { background: color-mix(in srgb, var(--accent) 42%, transparent); }
        .confusion caption { padding-bottom: 0.25rem; }
        .confusion th, .confusion td { border: 0; padding: 0.6rem 0.9rem; }
        .confusion thead th, .confusion tbody th { color: var(--muted); font-weight: 500; padding-left: 0; vertical-align: middle; }
        .confusion thead th { padding-left: 0.9rem; }
        .confusion td.right, .confusion td.wrong { border: 2px solid var(--page); border-radius: 6px; width: 38%; }
        .confusion td.right { background: var(--accent-soft); } .confusion td.wrong { background: var(--panel); }
        .confusion b { font-size: 1.3rem; font-weight: 600; }

        @media (max-width: 60rem) {
          .page { display: block; }
          nav { margin-bottom: 2rem; } nav ul { position: static; display: flex; flex-wrap: wrap; gap: 0.3rem 1.1rem; }
        }
        @media (max-width: 36rem) {
          body { padding: 1.5rem 1rem 2rem; } h1 { font-size: 1.6rem; }
          .verdict { gap: 0.8rem; padding: 1rem; } .verdict .icon { width: 2.1rem; height: 2.1rem; padding: 0.35rem; }
          .facts { display: block; } .facts dd { margin-bottom: 0.6rem; }
        }
        @media print {
          body { max-width: none; padding: 0; font-size: 9.5pt; } nav { display: none; } .page { display: block; }
          .table { overflow: visible; } tr, figure, .verdict { break-inside: avoid; } h2, h3 { break-after: avoid; }
          .verdict, .tag, .candidate-bar, td, th, rect { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
        }

        """;

    /// <summary>Allows the one style sheet, by its hash, and nothing else: no script, no image, no font, no form, no connection.</summary>
    public static string ContentSecurityPolicy { get; } =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Sheet)))}'; base-uri 'none'; form-action 'none'";
}
