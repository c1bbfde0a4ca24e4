//! `component-constructor.yaml`: the component for `ocm add componentversions`, as modulectl 3.3 writes it
//! (`kyma-project/modulectl:internal/common/types/component/constructor.go`).
//!
//! It differs from modulectl's in `built-by`, in paths, which are relative to the file, and in the order of images, which
//! modulectl shuffles.

use super::modulectl_3::{CREATOR, PROVIDER};
use super::yaml_layout::OrderedNode;
use crate::descriptor::{AccessKind, ComponentSource, Descriptor, Label, Resource};

/// The module's files, by their names in the folder of the constructor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ConstructorFiles<'a> {
    /// The rendered manifest.
    pub(super) manifest: &'a str,
    /// The default custom resource, if there is one.
    pub(super) default_cr: Option<&'a str>,
    /// The ModuleTemplate.
    pub(super) template: &'a str,
}

/// The constructor of a component that has a descriptor in the style of modulectl 3: the same names, versions, labels, images
/// and sources.
pub(super) fn component_constructor(
    descriptor: &Descriptor,
    files: &ConstructorFiles<'_>,
) -> String {
    let component = &descriptor.component;
    let provider = OrderedNode::map([
        ("name", OrderedNode::text(PROVIDER)),
        (
            "labels",
            labels(&[Label::new(format!("{PROVIDER}/built-by"), CREATOR)]),
        ),
    ]);
    let mut entries = vec![
        ("name", OrderedNode::text(&component.name)),
        ("version", OrderedNode::text(&component.version)),
        ("provider", provider),
    ];
    if !component.labels.is_empty() {
        entries.push(("labels", labels(&component.labels)));
    }
    let mut resources: Vec<_> = component.resources.iter().filter_map(image).collect();
    resources.extend(file_resources(&component.version, files));
    entries.push(("resources", OrderedNode::List(resources)));
    let sources: Vec<_> = component.sources.iter().filter_map(source).collect();
    if !sources.is_empty() {
        entries.push(("sources", OrderedNode::List(sources)));
    }
    let components = OrderedNode::List(vec![OrderedNode::map(entries)]);
    OrderedNode::map([("components", components)]).document()
}

fn labels(labels: &[Label]) -> OrderedNode {
    let labels = labels.iter().map(|label| {
        let mut entries = vec![
            ("name", OrderedNode::text(&label.name)),
            ("value", OrderedNode::json(&label.value)),
        ];
        entries.extend(
            label
                .version
                .as_ref()
                .map(|version| ("version", OrderedNode::text(version))),
        );
        OrderedNode::map(entries)
    });
    OrderedNode::List(labels.collect())
}

/// An image that the module runs; nothing for a resource that is none.
fn image(resource: &Resource) -> Option<OrderedNode> {
    let AccessKind::OciArtifact { image } = resource.access.kind() else {
        return None;
    };
    let access = OrderedNode::map([
        ("type", OrderedNode::text("ociArtifact")),
        ("imageReference", OrderedNode::text(image)),
    ]);
    let mut entries = vec![
        ("name", OrderedNode::text(&resource.name)),
        ("type", OrderedNode::text("ociArtifact")),
        ("version", OrderedNode::text(&resource.version)),
        ("relation", OrderedNode::text("external")),
    ];
    if !resource.labels.is_empty() {
        entries.push(("labels", labels(&resource.labels)));
    }
    entries.push(("access", access));
    Some(OrderedNode::map(entries))
}

/// The files that `ocm` packs: manifest and custom resource as archives of one file, the template as it is.
fn file_resources(version: &str, files: &ConstructorFiles<'_>) -> Vec<OrderedNode> {
    let resource = |name: &str, kind: &str, input: OrderedNode| {
        OrderedNode::map([
            ("name", OrderedNode::text(name)),
            ("type", OrderedNode::text(kind)),
            ("version", OrderedNode::text(version)),
            ("input", input),
        ])
    };
    let archive = |name: &str, file: &str| {
        let input = OrderedNode::map([
            ("type", OrderedNode::text("dir")),
            ("path", OrderedNode::text(".")),
            (
                "includeFiles",
                OrderedNode::List(vec![OrderedNode::text(file)]),
            ),
        ]);
        resource(name, "directoryTree", input)
    };
    let template = OrderedNode::map([
        ("type", OrderedNode::text("file")),
        ("path", OrderedNode::text(files.template)),
    ]);
    let mut resources = vec![archive("raw-manifest", files.manifest)];
    resources.extend(files.default_cr.map(|file| archive("default-cr", file)));
    resources.push(resource("moduletemplate", "plainText", template));
    resources
}

/// The commit, with the types that modulectl writes since 3.3.
fn source(source: &ComponentSource) -> Option<OrderedNode> {
    let AccessKind::Git { repo_url, commit } = source.access.kind() else {
        return None;
    };
    let mut access = vec![
        ("type", OrderedNode::text("GitHub")),
        ("repoUrl", OrderedNode::text(repo_url)),
    ];
    access.extend(
        commit
            .as_ref()
            .map(|commit| ("commit", OrderedNode::text(commit))),
    );
    Some(OrderedNode::map([
        ("name", OrderedNode::text(&source.name)),
        ("type", OrderedNode::text("git")),
        ("version", OrderedNode::text(&source.version)),
        ("access", OrderedNode::map(access)),
    ]))
}

#[cfg(test)]
mod tests;
