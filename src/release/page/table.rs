//! Tables, whose rows become lists on a phone. The roles keep them tables for a screen reader, however they are shown.

use super::markup::Markup;

/// Begins a table with the names of its columns.
pub(super) fn begin<const N: usize>(html: &mut Markup, columns: [&'static str; N]) {
    html.raw("<table role=\"table\">\n<thead role=\"rowgroup\">\n<tr role=\"row\">");
    for column in columns {
        html.raw("<th role=\"columnheader\" scope=\"col\">")
            .raw(column)
            .raw("</th>");
    }
    html.raw("</tr>\n</thead>\n<tbody role=\"rowgroup\">\n");
}

/// Begins a row with the kind of what it is about; what follows until [`named`] is its header.
pub(super) fn row(html: &mut Markup, kind: &'static str) {
    html.raw("<tr role=\"row\"><th role=\"rowheader\" scope=\"row\"><span class=\"kind\">");
    html.raw(kind).raw("</span> ");
}

/// Ends the header of a row.
pub(super) fn named(html: &mut Markup) {
    html.raw("</th>");
}

/// Adds a cell of a column; one without a value is left out on a phone.
pub(super) fn cell(html: &mut Markup, column: &'static str, value: Option<&str>) {
    html.raw("<td role=\"cell\" data-label=\"").raw(column);
    match value {
        Some(value) => html.within("\">", value, "</td>"),
        None => html.raw("\" class=\"none\">–</td>"),
    };
}

/// Ends a row.
pub(super) fn end_row(html: &mut Markup) {
    html.raw("</tr>\n");
}

/// Ends a table.
pub(super) fn end(html: &mut Markup) {
    html.raw("</tbody>\n</table>\n");
}
