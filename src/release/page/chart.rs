//! The timeline as SVG. Lengths along the time are percentages and everything else is pixels, so that texts keep their size on a phone.

use super::format::{moment, short, took};
use super::markup::{Markup, visible};
use super::timeline::{Group, RowKind, TimelineRow, all_there, rows};
use super::{ReleasePage, THEME};

/// More rows cannot be read; the table beside the chart has all of them.
const MOST_ROWS: usize = 60;
/// How many columns of a name have room on a phone, and elsewhere.
const BRIEF: usize = 22;
const LONGEST: usize = 60;
/// In pixels.
const AXIS: u64 = 30;
const HEADING: u64 = 34;
const ROW: u64 = 38;
/// The width of a chart that stands alone, in pixels.
const WIDTH: u64 = 880;
const MARGIN: u64 = 24;

/// The times between which all rows are, in seconds since 1970.
#[derive(Clone, Copy)]
struct Span {
    first: u64,
    last: u64,
}

impl Span {
    fn of(rows: &[TimelineRow]) -> Option<Self> {
        let first = rows.iter().map(|row| row.began).min()?;
        let last = rows.iter().map(|row| row.ended).max()?;
        // A chart of one moment still has a length to divide by.
        let last = last.max(first.saturating_add(1));
        Some(Self { first, last })
    }

    fn length(self) -> u64 {
        self.last - self.first
    }

    /// Where a time is, in hundredths of a percent.
    fn at(self, time: u64) -> u64 {
        let since = u128::from(time.clamp(self.first, self.last) - self.first);
        let part = since * 10_000 / u128::from(self.length());
        u64::try_from(part).unwrap_or_default()
    }

    /// Round times within, at most five.
    fn ticks(self) -> Vec<u64> {
        let steps = [
            1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600,
            43_200, 86_400,
        ];
        let days = self.length().div_ceil(4 * 86_400).saturating_mul(86_400);
        let mut steps = steps.into_iter();
        let step = steps.find(|step| self.length() / step < 5).unwrap_or(days);
        let first = self.first.div_ceil(step);
        let last = self.last / step;
        (first..=last).map(|nth| nth * step).collect()
    }
}

/// The chart for a page, as wide as there is room; `None` if no time is known.
pub(super) fn in_page(page: &ReleasePage<'_>) -> Option<Markup> {
    let rows = rows(page);
    let span = Span::of(&rows)?;
    let mut svg = Markup::default();
    svg.raw("<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" width=\"100%\" height=\"")
        .number(height(&rows))
        .raw("\" role=\"img\" aria-labelledby=\"chart-title chart-desc\">");
    draw(&mut svg, page, &rows, span);
    svg.raw("</svg>");
    Some(svg)
}

/// The chart as a file of its own; without rows it says so.
pub(super) fn alone(page: &ReleasePage<'_>) -> String {
    let rows = rows(page);
    let (inner, span) = match Span::of(&rows) {
        Some(span) => (height(&rows), span),
        None => (AXIS, Span { first: 0, last: 1 }),
    };
    let (width, height) = (WIDTH + 2 * MARGIN, inner + 3 * MARGIN);
    let mut svg = Markup::default();
    svg.raw("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"")
        .number(width);
    svg.raw("\" height=\"").number(height);
    svg.raw("\" viewBox=\"0 0 ")
        .number(width)
        .raw(" ")
        .number(height);
    svg.raw("\" role=\"img\" aria-labelledby=\"chart-title chart-desc\">\n<style>")
        .raw(THEME)
        .raw("</style>\n<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n");
    svg.raw("<text class=\"label strong\" x=\"24\" y=\"30\">");
    svg.text(&title(page)).raw("</text>\n");
    svg.raw("<text class=\"said\" text-anchor=\"end\" y=\"30\" x=\"")
        .number(MARGIN + WIDTH);
    svg.raw("\">")
        .text(&moment(span.first).0)
        .raw(", UTC</text>\n");
    svg.raw("<svg x=\"24\" y=\"48\" overflow=\"visible\" width=\"")
        .number(WIDTH);
    svg.raw("\" height=\"").number(inner).raw("\">");
    draw(&mut svg, page, &rows, span);
    svg.raw("</svg>\n</svg>\n");
    svg.finish()
}

fn title(page: &ReleasePage<'_>) -> String {
    let wanted = &page.predicate.plan.wanted;
    format!("Timeline of {} of {}", wanted.tag, wanted.repository)
}

fn shown(rows: &[TimelineRow]) -> impl Iterator<Item = (Option<Group>, &TimelineRow)> {
    let mut before = None;
    rows.iter().take(MOST_ROWS).map(move |row| {
        let heading = (before != Some(row.group)).then_some(row.group);
        before = Some(row.group);
        (heading, row)
    })
}

fn height(rows: &[TimelineRow]) -> u64 {
    let rows = shown(rows).map(|(heading, _)| ROW + heading.map_or(0, |_| HEADING));
    AXIS + rows.sum::<u64>()
}

fn draw(svg: &mut Markup, page: &ReleasePage<'_>, rows: &[TimelineRow], span: Span) {
    svg.within("\n<title id=\"chart-title\">", &title(page), "</title>");
    svg.within(
        "\n<desc id=\"chart-desc\">",
        &description(rows, span),
        "</desc>",
    );
    svg.raw(
        "\n<defs><pattern id=\"waiting\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
         <rect class=\"hatch\" width=\"2\" height=\"6\"/></pattern></defs>",
    );
    let bottom = height(rows);
    grid(svg, span, bottom);
    if let Some(there) = all_there(page) {
        line(svg, "<line class=\"there\"", span.at(there), bottom);
    }
    let mut top = AXIS;
    for (heading, row) in shown(rows) {
        if let Some(group) = heading {
            svg.raw("\n<text class=\"group\" x=\"0\" y=\"")
                .number(top + 22);
            svg.within("\">", group.title(), "</text>");
            top += HEADING;
        }
        bar(svg, row, span, top);
        top += ROW;
    }
}

/// What the chart shows, in a sentence.
fn description(rows: &[TimelineRow], span: Span) -> String {
    let ((day, first), (_, last)) = (moment(span.first), moment(span.last));
    let left_out = match rows.len().saturating_sub(MOST_ROWS) {
        0 => String::new(),
        more => format!(", and {more} more that are not shown"),
    };
    let shown = rows.len().min(MOST_ROWS);
    format!("{shown} lines from {first} to {last} on {day} in UTC{left_out}")
}

fn grid(svg: &mut Markup, span: Span, bottom: u64) {
    let with_seconds = span.length() < 10 * 60;
    for tick in span.ticks() {
        let (day, time) = moment(tick);
        let minutes = time
            .rsplit_once(':')
            .map_or(time.as_str(), |(minutes, _)| minutes);
        let text = match span.length() {
            ..=172_800 if with_seconds => time.as_str(),
            ..=172_800 => minutes,
            _ => day.as_str(),
        };
        let at = span.at(tick);
        line(svg, "<line class=\"grid\"", at, bottom);
        svg.raw("\n<text class=\"tick\" y=\"12\" x=\"");
        percent(svg, at);
        svg.raw(match at {
            ..800 => "\" text-anchor=\"start\">",
            9_200.. => "\" text-anchor=\"end\">",
            _ => "\" text-anchor=\"middle\">",
        });
        svg.text(text).raw("</text>");
    }
}

fn line(svg: &mut Markup, open: &'static str, at: u64, bottom: u64) {
    svg.raw("\n")
        .raw(open)
        .raw(" y1=\"18\" y2=\"")
        .number(bottom)
        .raw("\" x1=\"");
    percent(svg, at);
    svg.raw("\" x2=\"");
    percent(svg, at);
    svg.raw("\"/>");
}

fn bar(svg: &mut Markup, row: &TimelineRow, span: Span, top: u64) {
    let ((day, began), (_, ended)) = (moment(row.began), moment(row.ended));
    let whole = format!("{}: {began} to {ended} on {day}, {}", row.name, said(row));
    svg.within("\n<g><title>", &whole, "</title>");
    label(svg, &row.name, top + 14);
    svg.raw("<text class=\"said\" x=\"100%\" text-anchor=\"end\" y=\"")
        .number(top + 14);
    svg.raw("\">").text(&said(row)).raw("</text>");
    let (from, to) = (span.at(row.began), span.at(row.ended));
    if row.took() > 0 {
        svg.raw(match (&row.kind, row.has_failed()) {
            (RowKind::Wait, _) => "<rect class=\"wait\" fill=\"url(#waiting)\"",
            (_, true) => "<rect class=\"failed\"",
            _ => "<rect class=\"ran\"",
        });
        svg.raw(" height=\"8\" rx=\"2\" y=\"")
            .number(top + 21)
            .raw("\" x=\"");
        percent(svg, from);
        svg.raw("\" width=\"");
        // What is short is still seen.
        percent(svg, (to - from).max(40));
        svg.raw("\"/>");
    }
    if row.took() == 0 || row.kind == RowKind::Wait {
        svg.raw("<svg overflow=\"visible\" y=\"")
            .number(top + 25)
            .raw("\" x=\"");
        percent(svg, to);
        svg.raw("\"><path class=\"moment\" d=\"M0-6 6 0 0 6-6 0Z\"/></svg>");
    }
    svg.raw("</g>");
}

/// The name of a row. A long one is there twice, of which one is shown.
fn label(svg: &mut Markup, name: &str, y: u64) {
    let name = visible(name);
    let (long, brief) = (short(&name, LONGEST), short(&name, BRIEF));
    let mut one = |class: &'static str, text: &str| {
        svg.raw("<text class=\"label").raw(class);
        svg.raw("\" x=\"0\" y=\"").number(y);
        svg.within("\">", text, "</text>");
    };
    if long == brief {
        return one("", &long);
    }
    one(" long", &long);
    one(" brief", &brief);
}

/// What a row says at its end.
fn said(row: &TimelineRow) -> String {
    let time = took(row.took());
    match &row.kind {
        RowKind::Moment => moment(row.began).1,
        RowKind::Wait if row.took() == 0 => "was there".to_owned(),
        RowKind::Wait => format!("waited {time}"),
        RowKind::Run(result) if result == "success" => format!("✓ {time}"),
        RowKind::Run(result) if row.has_failed() => format!("✕ {}", short(&visible(result), 16)),
        RowKind::Run(result) => format!("{result}, {time}"),
    }
}

/// Hundredths of a percent as a length.
fn percent(svg: &mut Markup, hundredths: u64) {
    svg.number(hundredths / 100).raw(".");
    svg.number(hundredths / 10 % 10)
        .number(hundredths % 10)
        .raw("%");
}
