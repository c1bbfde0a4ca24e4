//! Jobs, tests, checks and builds with their results.

use super::format::{moment, short, took};
use super::markup::{Markup, visible};
use super::timeline::is_failure;
use super::{ReleasePage, table};
use crate::plan::{Record, Verdict};

pub(super) fn add(html: &mut Markup, page: &ReleasePage<'_>) {
    let predicate = page.predicate;
    let records = [
        ("tests", &predicate.verdicts),
        ("check", &predicate.checks),
        ("build", &predicate.builders),
    ];
    if predicate.jobs.is_empty() && records.iter().all(|(_, records)| records.is_empty()) {
        return;
    }
    html.raw("<section aria-labelledby=\"checks\">\n");
    html.raw("<h2 id=\"checks\">Jobs, tests and checks</h2>\n");
    table::begin(html, ["what", "result", "took", "ended"]);
    for (name, result) in &predicate.jobs {
        table::row(html, "job");
        html.text(name);
        results(html, result, (None, None));
    }
    for (kind, records) in records {
        for record in records {
            table::row(html, kind);
            let address = record.url.as_deref().unwrap_or_default();
            html.link(verdict_name(record), address);
            results(html, &record.state, (record.began, record.ended));
        }
    }
    table::end(html);
    html.raw("</section>\n");
}

fn results(html: &mut Markup, result: &str, (began, ended): (Option<u64>, Option<u64>)) {
    table::named(html);
    html.raw("<td role=\"cell\" data-label=\"result\">");
    state(html, result);
    html.raw("</td>");
    let time = began.zip(ended);
    let time = time.map(|(began, ended)| took(ended.saturating_sub(began)));
    table::cell(html, "took", time.as_deref());
    let ended = ended.map(|ended| moment(ended).1);
    table::cell(html, "ended", ended.as_deref());
    table::end_row(html);
}

/// The name that people know: of a leg without the prefix of its status.
pub(super) fn verdict_name(record: &Record) -> &str {
    Verdict::leg(&record.name).unwrap_or(&record.name)
}

/// A result by its word and by a shape of its own.
pub(super) fn state(html: &mut Markup, result: &str) {
    html.raw(match result {
        "success" => "<span class=\"state good\"><span aria-hidden=\"true\">✓</span> ",
        result if is_failure(result) => {
            "<span class=\"state bad\"><span aria-hidden=\"true\">✕</span> "
        }
        _ => "<span class=\"state\"><span aria-hidden=\"true\">○</span> ",
    });
    html.text(&short(&visible(result), 16)).raw("</span>");
}
