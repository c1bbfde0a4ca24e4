//! The schemas of component descriptors
//! (`ocm:resources/component-descriptor-v2-schema.yaml` of October 2025, in which lists may be null, and
//! `component-descriptor-ocm-v3-schema.yaml`), and what OCM's Go types add to them.

use super::shape::{NAME_HELP, OtherKeys, Shape};
use super::text::{
    is_element_name, is_label_version, is_merge_algorithm, is_relaxed_version, is_time,
};
use crate::values::is_component_name;

use OtherKeys::{Accepted, Refused};
use Shape::{Any, Flag, Identity, IfText, List, Nullable, Text, TextIdentity, TextLike};

/// A descriptor of schema v2.
pub(super) const V2: Shape = Shape::Object {
    required: &["component"],
    fields: &[
        ("component", V2_COMPONENT),
        ("signatures", Nullable(&List(&V2_SIGNATURE))),
        ("nestedDigests", Nullable(&List(&V2_NESTED_DIGESTS))),
    ],
    others: Accepted,
};

/// A descriptor of schema `ocm.software/v3alpha1`, in which no list may be null and most objects are closed.
pub(super) const V3: Shape = Shape::Object {
    required: &["kind", "metadata", "spec"],
    fields: &[
        ("kind", Shape::OneOf(&["ComponentVersion"])),
        ("metadata", V3_METADATA),
        ("repositoryContexts", List(&REPOSITORY_CONTEXT)),
        ("spec", V3_SPEC),
        ("signatures", List(&V3_SIGNATURE)),
        ("nestedDigests", List(&V3_NESTED_DIGESTS)),
    ],
    others: Accepted,
};

const COMPONENT_NAME: Shape = TextLike(
    is_component_name,
    "which is no name such as kyma.project.io/module/btp-operator",
);
const VERSION: Shape = TextLike(is_relaxed_version, "which is no version");
const NAME: Shape = TextLike(is_element_name, NAME_HELP);
const TIME: Shape = TextLike(is_time, "which is no time such as 2024-01-31T12:00:00Z");

const fn object(
    required: &'static [&'static str],
    fields: &'static [(&'static str, Shape)],
) -> Shape {
    Shape::Object {
        required,
        fields,
        others: Accepted,
    }
}

const fn closed(
    required: &'static [&'static str],
    fields: &'static [(&'static str, Shape)],
) -> Shape {
    Shape::Object {
        required,
        fields,
        others: Refused,
    }
}

/// `type` is only required: Go reads null as an empty text.
const ACCESS: Shape = object(&["type"], &[("type", Nullable(&Text))]);
const REPOSITORY_CONTEXT: Shape = object(&["type"], &[("type", Text)]);
const HINT: Shape = object(&[], &[]);

const LABEL_FIELDS: &[(&str, Shape)] = &[
    ("name", Text),
    ("value", Any),
    ("version", IfText(is_label_version, "not v and a number")),
    ("signing", Flag),
    (
        "merge",
        closed(
            &[],
            &[
                (
                    "algorithm",
                    IfText(is_merge_algorithm, "which is no algorithm"),
                ),
                ("config", Any),
            ],
        ),
    ),
];
const LABEL: Shape = object(&["name", "value"], LABEL_FIELDS);
const V3_LABELS: Shape = List(&closed(&["name", "value"], LABEL_FIELDS));

const DIGEST_KEYS: &[&str] = &["hashAlgorithm", "normalisationAlgorithm", "value"];
const DIGEST_FIELDS: &[(&str, Shape)] = &[
    ("hashAlgorithm", Text),
    ("normalisationAlgorithm", Text),
    ("value", Text),
];
const DIGEST: Shape = object(DIGEST_KEYS, DIGEST_FIELDS);
const V3_DIGEST: Shape = closed(DIGEST_KEYS, DIGEST_FIELDS);

const SIGNATURE_KEYS: &[&str] = &["algorithm", "value", "mediaType"];
const SIGNATURE_FIELDS: &[(&str, Shape)] =
    &[("algorithm", Text), ("value", Text), ("mediaType", Text)];
const TIMESTAMP: Shape = object(&[], &[("value", Text), ("time", TIME)]);
const V2_SIGNATURE: Shape = closed(
    &["name", "digest", "signature"],
    &[
        ("name", Text),
        ("digest", DIGEST),
        ("signature", object(SIGNATURE_KEYS, SIGNATURE_FIELDS)),
        ("timestamp", TIMESTAMP),
    ],
);
const V3_SIGNATURE: Shape = closed(
    &["name", "digest", "signature"],
    &[
        ("name", Text),
        ("digest", V3_DIGEST),
        ("signature", closed(SIGNATURE_KEYS, SIGNATURE_FIELDS)),
        ("timestamp", TIMESTAMP),
    ],
);

const V2_NESTED_DIGESTS: Shape = object(
    &["name", "version"],
    &[
        ("name", COMPONENT_NAME),
        ("version", VERSION),
        ("digest", DIGEST),
        (
            "resourceDigests",
            Nullable(&List(&object(
                &["name"],
                &[
                    ("name", Text),
                    ("version", Text),
                    ("extraIdentity", Identity),
                    ("digest", DIGEST),
                ],
            ))),
        ),
    ],
);
const V3_NESTED_DIGESTS: Shape = closed(
    &["name", "version", "digest", "resourceDigests"],
    &[
        ("name", COMPONENT_NAME),
        ("version", VERSION),
        ("digest", V3_DIGEST),
        (
            "resourceDigests",
            List(&object(
                &["name", "digest"],
                &[
                    ("name", Text),
                    ("version", Text),
                    ("extraIdentity", Identity),
                    ("digest", V3_DIGEST),
                ],
            )),
        ),
    ],
);

const SOURCE_KEYS: &[&str] = &["name", "version", "type", "access"];
const RESOURCE_KEYS: &[&str] = &["name", "version", "type", "relation", "access"];
const REFERENCE_KEYS: &[&str] = &["name", "componentName", "version"];
const RELATION: Shape = Shape::OneOf(&["local", "external"]);

const V2_COMPONENT: Shape = object(
    &[
        "name",
        "version",
        "repositoryContexts",
        "provider",
        "sources",
        "componentReferences",
        "resources",
    ],
    &[
        ("name", COMPONENT_NAME),
        ("version", VERSION),
        ("creationTime", Nullable(&TIME)),
        ("repositoryContexts", Nullable(&List(&REPOSITORY_CONTEXT))),
        ("provider", Text),
        ("labels", List(&LABEL)),
        ("sources", Nullable(&List(&V2_SOURCE))),
        ("componentReferences", Nullable(&List(&V2_REFERENCE))),
        ("resources", Nullable(&List(&V2_RESOURCE))),
    ],
);
const V2_SOURCE: Shape = object(
    SOURCE_KEYS,
    &[
        ("name", NAME),
        ("extraIdentity", TextIdentity),
        ("version", VERSION),
        ("type", Text),
        ("labels", List(&LABEL)),
        ("access", ACCESS),
        ("referenceHints", Nullable(&List(&HINT))),
    ],
);
const V2_REFERENCE: Shape = closed(
    REFERENCE_KEYS,
    &[
        ("componentName", COMPONENT_NAME),
        ("name", NAME),
        ("extraIdentity", TextIdentity),
        ("version", VERSION),
        ("labels", Nullable(&List(&LABEL))),
        ("digest", Nullable(&DIGEST)),
    ],
);
const V2_RESOURCE: Shape = object(
    RESOURCE_KEYS,
    &[
        ("name", NAME),
        ("extraIdentity", TextIdentity),
        ("version", VERSION),
        ("type", Text),
        (
            "srcRefs",
            Nullable(&List(&closed(
                &[],
                &[
                    ("identitySelector", Identity),
                    ("labels", Nullable(&List(&LABEL))),
                ],
            ))),
        ),
        ("srcRef", Nullable(&List(&object(&[], &[])))),
        ("relation", RELATION),
        ("labels", Nullable(&List(&LABEL))),
        ("access", ACCESS),
        ("digest", Nullable(&DIGEST)),
        ("referenceHints", Nullable(&List(&HINT))),
    ],
);

const V3_METADATA: Shape = closed(
    &["name", "version"],
    &[
        ("name", COMPONENT_NAME),
        ("version", VERSION),
        ("labels", V3_LABELS),
        (
            "provider",
            closed(&["name"], &[("name", Text), ("labels", V3_LABELS)]),
        ),
        ("creationTime", TIME),
    ],
);
const V3_SPEC: Shape = closed(
    &[],
    &[
        (
            "sources",
            List(&object(
                SOURCE_KEYS,
                &[
                    ("name", NAME),
                    ("extraIdentity", TextIdentity),
                    ("version", VERSION),
                    ("type", Text),
                    ("labels", V3_LABELS),
                    ("access", ACCESS),
                    ("referenceHints", List(&HINT)),
                ],
            )),
        ),
        (
            "references",
            List(&closed(
                REFERENCE_KEYS,
                &[
                    ("componentName", COMPONENT_NAME),
                    ("name", NAME),
                    ("extraIdentity", TextIdentity),
                    ("version", VERSION),
                    ("labels", V3_LABELS),
                    ("digest", Nullable(&V3_DIGEST)),
                ],
            )),
        ),
        ("resources", List(&V3_RESOURCE)),
    ],
);
const V3_RESOURCE: Shape = object(
    RESOURCE_KEYS,
    &[
        ("name", NAME),
        ("extraIdentity", TextIdentity),
        ("version", VERSION),
        ("type", Text),
        (
            "srcRefs",
            List(&closed(
                &[],
                &[("identitySelector", Identity), ("labels", V3_LABELS)],
            )),
        ),
        ("srcRef", Nullable(&List(&object(&[], &[])))),
        ("relation", RELATION),
        ("labels", V3_LABELS),
        ("access", ACCESS),
        ("digest", Nullable(&V3_DIGEST)),
        ("referenceHints", List(&HINT)),
    ],
);
