//! Jobs, tests, checks and builds with their results.

use super::ReleasePage;
use super::format::{moment, short, took};
use super::markup::{Markup, visible};
use super::timeline::is_failure;
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
    html.raw(
        "<section aria-labelledby=\"checks\">\n<h2 id=\"checks\">Jobs, tests and checks</h2>\n",
    );
    html.raw(
        "<table role=\"table\">\n<thead role=\"rowgroup\">\n<tr role=\"row\">\
         <th role=\"columnheader\" scope=\"col\">what</th>\
         <th role=\"columnheader\" scope=\"col\">result</th>\
         <th role=\"columnheader\" scope=\"col\">took</th>\
         <th role=\"columnheader\" scope=\"col\">ended</th></tr>\n</thead>\n<tbody role=\"rowgroup\">\n",
    );
    for (name, result) in &predicate.jobs {
        begin(html, "job");
        html.text(name);
        end(html, result, (None, None));
    }
    for (kind, records) in records {
        for record in records {
            begin(html, kind);
            html.link(
                verdict_name(record),
                record.url.as_deref().unwrap_or_default(),
            );
            end(html, &record.state, (record.began, record.ended));
        }
    }
    html.raw("</tbody>\n</table>\n</section>\n");
}

fn begin(html: &mut Markup, kind: &'static str) {
    html.raw("<tr role=\"row\"><th role=\"rowheader\" scope=\"row\"><span class=\"kind\">");
    html.raw(kind).raw("</span> ");
}

fn end(html: &mut Markup, result: &str, (began, ended): (Option<u64>, Option<u64>)) {
    html.raw("</th><td role=\"cell\" data-label=\"result\">");
    state(html, result);
    html.raw("</td>");
    let time = began.zip(ended);
    let time = time.map(|(began, ended)| took(ended.saturating_sub(began)));
    let ended = ended.map(|ended| moment(ended).1);
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
    html.within(
        "<td role=\"cell\" data-label=\"took\">",
        &or_none(time),
        "</td>",
    );
    html.within(
        "<td role=\"cell\" data-label=\"ended\">",
        &or_none(ended),
        "</td></tr>\n",
    );
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
