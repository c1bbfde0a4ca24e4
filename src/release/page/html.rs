//! The page as a whole: its head, and the order of its parts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::Digest as _;

use super::format::{count, moment, took};
use super::markup::Markup;
use super::timeline::{Group, RowKind, TimelineRow, is_failure, rows};
use super::{ReleasePage, STYLE, THEME, artifacts, chart, checks, facts, steps, table};
use crate::plan::EVIDENCE;

pub(super) fn html(page: &ReleasePage<'_>) -> String {
    let mut html = Markup::default();
    head(&mut html, page);
    html.raw("<body>\n");
    title(&mut html, page);
    html.raw("<main>\n");
    steps::add(&mut html, page);
    timeline(&mut html, page);
    artifacts::add(&mut html, page);
    checks::add(&mut html, page);
    facts::add(&mut html, page);
    html.raw("</main>\n");
    html.raw("<footer>\n<p>Made of <code>").raw(EVIDENCE);
    html.within(
        "</code>, which was written by ",
        &page.predicate.publisher,
        ". ",
    );
    html.raw("This page loads nothing and runs nothing. All times are in UTC.</p>\n</footer>\n");
    html.raw("</body>\n</html>\n");
    html.finish()
}

fn head(html: &mut Markup, page: &ReleasePage<'_>) {
    let wanted = &page.predicate.plan.wanted;
    html.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    html.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-");
    html.text(&style_hash());
    html.raw("'; base-uri 'none'; form-action 'none'\">\n");
    html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    html.raw("<meta name=\"color-scheme\" content=\"light dark\">\n");
    html.raw("<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
    html.text(wanted.tag.as_str()).raw(" of ");
    html.text(&wanted.repository.to_string());
    html.raw(": release report</title>\n<style>")
        .raw(THEME)
        .raw(STYLE);
    html.raw("</style>\n</head>\n");
}

/// Nothing but this style may be used (<https://www.w3.org/TR/CSP3/#framework-directive-source-list>).
fn style_hash() -> String {
    let style = [THEME, STYLE].concat();
    STANDARD.encode(sha2::Sha256::digest(style))
}

fn title(html: &mut Markup, page: &ReleasePage<'_>) {
    let wanted = &page.predicate.plan.wanted;
    html.raw("<header>\n<p class=\"eyebrow\">Release report · ");
    html.link(&wanted.repository.to_string(), &page.address(&[]));
    html.within(
        "</p>\n<h1>",
        wanted.tag.as_str(),
        "</h1>\n<p class=\"lead\">",
    );
    html.text(&lead(page)).raw("</p>\n</header>\n");
}

/// The most important of all, in two sentences.
fn lead(page: &ReleasePage<'_>) -> String {
    let (assets, images) = page.counts();
    let predicate = page.predicate;
    let legs = predicate.verdicts.len();
    let what = match (assets, images) {
        (_, 0) => count(assets, "asset"),
        (0, _) => count(images, "image"),
        _ => format!("{} and {}", count(assets, "asset"), count(images, "image")),
    };
    let tested = match (page.tested_by(), legs) {
        (_, 0) => "No leg of the tests is recorded".to_owned(),
        (same, legs) if same == legs => format!(
            "{} tested exactly these bytes",
            count(legs, "leg").replace("1 leg", "One leg")
        ),
        (same, legs) => format!("{same} of {legs} legs tested exactly these bytes"),
    };
    let states = [&predicate.verdicts, &predicate.checks]
        .into_iter()
        .flatten();
    let states = states.map(|record| record.state.as_str());
    let results = predicate.jobs.values().map(String::as_str).chain(states);
    let failed = match results.filter(|result| is_failure(result)).count() {
        0 => "nothing failed".to_owned(),
        failed => format!("{} failed", count(failed, "result")),
    };
    format!("{what}, each named by its digest. {tested}, and {failed}.")
}

fn timeline(html: &mut Markup, page: &ReleasePage<'_>) {
    html.raw(
        "<section aria-labelledby=\"timeline\">\n<h2 id=\"timeline\">Who waited for what</h2>\n",
    );
    let Some(chart) = chart::in_page(page) else {
        html.raw("<p>The evidence has no times.</p>\n</section>\n");
        return;
    };
    html.within("<p>", &waited(page), "</p>\n<figure>\n");
    html.add(&chart);
    html.raw(
        "\n<figcaption class=\"legend\"><span><i class=\"key ran\"></i>ran</span>\
         <span><i class=\"key wait\"></i>waited</span>\
         <span><i class=\"key failed\"></i>failed</span>\
         <span><i class=\"key moment\"></i>was there</span>\
         <span><i class=\"key there\"></i>all artifacts were there</span></figcaption>\n</figure>\n",
    );
    timeline_table(html, page);
    html.raw("</section>\n");
}

/// How long the release waited, and for what in the end.
fn waited(page: &ReleasePage<'_>) -> String {
    let rows = rows(page);
    let waits = || rows.iter().filter(|row| row.group == Group::Artifacts);
    let longest = waits().max_by_key(|row| row.took());
    let as_long = |row: &&TimelineRow| longest.is_some_and(|longest| longest.took() == row.took());
    let wait = match longest {
        None => "The evidence has no time of an artifact.".to_owned(),
        Some(row) if row.took() == 0 => "Every artifact was there at once.".to_owned(),
        Some(row) if waits().filter(as_long).count() > 1 => {
            format!("The release waited {} for its artifacts.", took(row.took()))
        }
        Some(row) => format!(
            "The release waited {} for its artifacts, longest for {}.",
            took(row.took()),
            row.name
        ),
    };
    let tests = rows.iter().filter(|row| row.group == Group::Tests);
    match tests.max_by_key(|row| row.ended) {
        None => wait,
        Some(_) if longest.is_none() => wait,
        Some(row) => format!(
            "{wait} The last verdict, of {}, came {} after that.",
            row.name,
            took(row.took())
        ),
    }
}

/// The chart as a table, with every row and whole names.
fn timeline_table(html: &mut Markup, page: &ReleasePage<'_>) {
    html.raw("<details>\n<summary>The timeline as a table</summary>\n");
    table::begin(html, ["what", "from", "to", "took"]);
    for row in rows(page) {
        let ((day, began), (_, ended)) = (moment(row.began), moment(row.ended));
        table::row(html, row.group.title());
        html.text(&row.name);
        table::named(html);
        table::cell(html, "from", Some(&format!("{day} {began}")));
        table::cell(html, "to", Some(&ended));
        let took = (row.kind != RowKind::Moment).then(|| took(row.took()));
        table::cell(html, "took", took.as_deref());
        table::end_row(html);
    }
    table::end(html);
    html.raw("</details>\n");
}
