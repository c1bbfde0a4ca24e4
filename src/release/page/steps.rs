//! The way of a release in four steps: tagged, built, tested, published.

use super::ReleasePage;
use super::checks::{state, verdict_name};
use super::format::count;
use super::markup::Markup;
use crate::plan::{Artifact, Record, TagWhen};

/// How many names a step lists.
const MOST: usize = 6;

pub(super) fn add(html: &mut Markup, page: &ReleasePage<'_>) {
    html.raw("<section aria-labelledby=\"steps\">\n<h2 id=\"steps\">From commit to release</h2>\n<ol class=\"steps\">\n");
    tagged(html, page);
    built(html, page);
    tested(html, page);
    published(html, page);
    html.raw("</ol>\n</section>\n");
}

fn tagged(html: &mut Markup, page: &ReleasePage<'_>) {
    let plan = &page.predicate.plan;
    let wanted = &plan.wanted;
    html.raw("<li><h3>Tagged</h3>\n<p class=\"big\">");
    let commit = wanted.commit.as_str();
    html.raw("<code>");
    html.link(wanted.commit.short(), &page.address(&["commit", commit]));
    html.raw("</code></p>\n<p>The tag ");
    html.within("<code>", wanted.tag.as_str(), "</code> names this commit");
    if wanted.tag_when == TagWhen::Publish {
        html.raw(", and was created after every check");
    }
    if let Some(guard) = &plan.guard {
        html.within("; <code>", &guard.branch, "</code> did not move meanwhile");
    }
    html.raw(".</p></li>\n");
}

fn built(html: &mut Markup, page: &ReleasePage<'_>) {
    let awaited = page.awaited();
    html.raw("<li><h3>Built</h3>\n<p class=\"big\">");
    html.text(&count(awaited.0.len(), "artifact")).raw("</p>\n");
    let told = |artifact: &&Artifact| matches!(artifact, Artifact::Image { expected: true, .. });
    match awaited.0.values().filter(told).count() {
        0 => {}
        told => {
            let told = format!("Of {told} of them, the builder itself named the digest.");
            html.within("<p>", &told, "</p>\n");
        }
    }
    records(html, &page.predicate.builders, "No builder is recorded.");
    html.raw("</li>\n");
}

fn tested(html: &mut Markup, page: &ReleasePage<'_>) {
    let verdicts = &page.predicate.verdicts;
    html.raw("<li><h3>Tested</h3>\n<p class=\"big\">");
    html.text(&count(verdicts.len(), "leg")).raw("</p>\n");
    if !verdicts.is_empty() {
        let same = page.tested_by();
        let text = if same == verdicts.len() {
            "Each tested exactly the bytes that are published.".to_owned()
        } else {
            format!("{same} tested exactly the bytes that are published.")
        };
        html.within("<p>", &text, "</p>\n");
    }
    records(html, verdicts, "No leg of the tests is recorded.");
    html.raw("</li>\n");
}

fn published(html: &mut Markup, page: &ReleasePage<'_>) {
    let wanted = &page.predicate.plan.wanted;
    let (assets, images) = page.counts();
    html.raw("<li><h3>Published</h3>\n<p class=\"big\">");
    html.link(
        wanted.tag.as_str(),
        &page.address(&["releases", "tag", wanted.tag.as_str()]),
    );
    html.raw("</p>\n<p>");
    html.text(&format!(
        "{} and {}",
        count(assets, "asset"),
        count(images, "image")
    ));
    html.raw(" beside the evidence");
    html.raw(if wanted.prerelease {
        ", as a prerelease.</p>"
    } else {
        ".</p>"
    });
    html.raw("</li>\n");
}

/// A few records as a list.
fn records(html: &mut Markup, all: &[Record], none: &'static str) {
    if all.is_empty() {
        html.raw("<p>").raw(none).raw("</p>\n");
        return;
    }
    html.raw("<ul class=\"plain\">\n");
    for record in all.iter().take(MOST) {
        html.raw("<li>");
        state(html, &record.state);
        html.raw(" ");
        html.link(
            verdict_name(record),
            record.url.as_deref().unwrap_or_default(),
        );
        html.raw("</li>\n");
    }
    if all.len() > MOST {
        html.within("<li>and ", &(all.len() - MOST).to_string(), " more</li>\n");
    }
    html.raw("</ul>\n");
}
