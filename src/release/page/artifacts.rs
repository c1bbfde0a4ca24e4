//! The artifacts with their digests.

use super::ReleasePage;
use super::format::{moment, size, took};
use super::markup::Markup;
use crate::plan::{Artifact, LOGS, REPORT};

pub(super) fn add(html: &mut Markup, page: &ReleasePage<'_>) {
    let artifacts = &page.predicate.artifacts.0;
    if artifacts.is_empty() {
        return;
    }
    html.raw("<section aria-labelledby=\"artifacts\">\n<h2 id=\"artifacts\">Artifacts</h2>\n");
    html.raw(
        "<table role=\"table\">\n<thead role=\"rowgroup\">\n<tr role=\"row\">\
         <th role=\"columnheader\" scope=\"col\">artifact and digest</th>\
         <th role=\"columnheader\" scope=\"col\">size</th>\
         <th role=\"columnheader\" scope=\"col\">waited</th>\
         <th role=\"columnheader\" scope=\"col\">was there</th>\
         <th role=\"columnheader\" scope=\"col\">tested</th></tr>\n</thead>\n<tbody role=\"rowgroup\">\n",
    );
    let awaited = page.awaited();
    let legs = page.predicate.verdicts.len();
    for (name, artifact) in artifacts {
        let was_awaited = awaited.0.contains_key(name);
        html.raw("<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">");
        named(html, name, artifact);
        html.within(
            "<code class=\"digest\">",
            &artifact.digest().to_string(),
            "</code></th>",
        );
        html.within(
            "<td role=\"cell\" data-label=\"size\">",
            &size(artifact.size()),
            "</td><td role=\"cell\" data-label=\"waited\">",
        );
        let (waited, there) = match artifact.ready_at() {
            _ if !was_awaited => ("–".to_owned(), "–".to_owned()),
            Some(at) => (took(artifact.waited()), moment(at).1),
            None => (took(artifact.waited()), "–".to_owned()),
        };
        html.text(&waited);
        html.within(
            "</td><td role=\"cell\" data-label=\"was there\">",
            &there,
            "</td>",
        );
        html.raw("<td role=\"cell\" data-label=\"tested\">");
        let tested = match (was_awaited, page.tested_by()) {
            (false, _) => "not tested".to_owned(),
            (true, 0) => "–".to_owned(),
            (true, same) if same == legs => "✓ by every leg".to_owned(),
            (true, same) => format!("by {same} of {legs} legs"),
        };
        html.text(&tested).raw("</td></tr>\n");
    }
    html.raw("</tbody>\n</table>\n");
    let digest = awaited.digest().to_string();
    html.raw("<p class=\"note\">One digest stands for all that was awaited, and every leg names what it tested by it: ");
    html.within("<code>", &digest, "</code></p>\n</section>\n");
}

/// What it is, and its name; of an image by tag, too.
fn named(html: &mut Markup, name: &str, artifact: &Artifact) {
    let kind = match artifact {
        Artifact::Asset { .. } if name == LOGS => "logs",
        Artifact::Asset { .. } if name == REPORT => "report",
        Artifact::Asset { .. } => "asset",
        Artifact::Image { .. } => "image",
    };
    html.within("<span class=\"kind\">", kind, "</span> ");
    html.within("<span class=\"name\">", name, "</span>");
    let Artifact::Image {
        tagged, platforms, ..
    } = artifact
    else {
        return;
    };
    html.within("<code class=\"reference\">", &tagged.to_string(), "</code>");
    if !platforms.is_empty() {
        let platforms = platforms.join(", ");
        html.within("<span class=\"platforms\">", &platforms, "</span>");
    }
}
