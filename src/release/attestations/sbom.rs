//! A bill of materials that a build wrote, recognised by its content.

use serde_json::Value;

/// The most bytes of a bill of materials. GitHub takes 16 MiB
/// (<https://github.com/actions/attest#sbom-attestation>); a bundle is a third larger than what it holds, and has to fit into the
/// 16 MiB that are read of an answer of GitHub.
pub(crate) const MAX_SBOM: u64 = 8 << 20;

/// A bill of materials as a predicate.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sbom {
    pub(crate) predicate_type: String,
    pub(crate) document: Value,
}

/// <https://github.com/in-toto/attestation/blob/main/spec/predicates/cyclonedx.md>
const CYCLONE_DX: &str = "https://cyclonedx.org/bom";
/// <https://github.com/in-toto/attestation/blob/main/spec/predicates/spdx3.md>
const SPDX_3: &str = "https://spdx.dev/Document/v3";

impl Sbom {
    /// Reads SPDX 2 or 3, or CycloneDX, as JSON. Only what tells them apart is checked.
    ///
    /// # Errors
    ///
    /// Why it is none of them.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let document: Value =
            serde_json::from_slice(bytes).map_err(|error| format!("is not JSON: {error}"))?;
        let predicate_type = predicate_type(&document)
            .ok_or("is neither SPDX 2 or 3 nor CycloneDX: none of their fields name a version")?;
        Ok(Self {
            predicate_type,
            document,
        })
    }
}

fn predicate_type(document: &Value) -> Option<String> {
    let text = |field: &str| document.get(field).and_then(Value::as_str);
    let is_number = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    if text("SPDXID") == Some("SPDXRef-DOCUMENT") {
        let minor = text("spdxVersion")?.strip_prefix("SPDX-2.")?;
        // <https://github.com/in-toto/attestation/blob/main/spec/predicates/spdx.md>
        return is_number(minor).then(|| format!("https://spdx.dev/Document/v2.{minor}"));
    }
    if text("bomFormat") == Some("CycloneDX") {
        let parts = text("specVersion")?.split('.');
        let is_version = parts.clone().count() == 2 && parts.clone().all(is_number);
        return is_version.then(|| CYCLONE_DX.to_owned());
    }
    let is_spdx_3 = |context: &Value| {
        let address = context.as_str().unwrap_or_default();
        address.starts_with("https://spdx.org/rdf/3.")
    };
    let context = document.get("@context")?;
    let named = is_spdx_3(context) || context.as_array()?.iter().any(is_spdx_3);
    let has_graph = document.get("@graph").is_some_and(Value::is_array);
    (named && has_graph).then(|| SPDX_3.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_is_recognised_by_content() {
        for (text, wanted) in [
            (
                r#"{"SPDXID": "SPDXRef-DOCUMENT", "spdxVersion": "SPDX-2.3", "packages": []}"#,
                "https://spdx.dev/Document/v2.3",
            ),
            (
                r#"{"SPDXID": "SPDXRef-DOCUMENT", "spdxVersion": "SPDX-2.2"}"#,
                "https://spdx.dev/Document/v2.2",
            ),
            (
                r#"{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": []}"#,
                "https://spdx.dev/Document/v3",
            ),
            (
                r#"{"@context": [{}, "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"], "@graph": [{}]}"#,
                "https://spdx.dev/Document/v3",
            ),
            (
                r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}"#,
                "https://cyclonedx.org/bom",
            ),
        ] {
            assert_eq!(Sbom::parse(text.as_bytes()).unwrap().predicate_type, wanted);
        }
    }

    #[test]
    fn other_documents_are_refused() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        for text in [
            "",
            "<bom/>",
            "[]",
            "{}",
            &deep,
            r#"{"SPDXID": "SPDXRef-DOCUMENT"}"#,
            r#"{"SPDXID": "SPDXRef-Package", "spdxVersion": "SPDX-2.3"}"#,
            r#"{"SPDXID": "SPDXRef-DOCUMENT", "spdxVersion": "SPDX-2.3/../x"}"#,
            r#"{"bomFormat": "CycloneDX"}"#,
            r#"{"bomFormat": "CycloneDX", "specVersion": "1"}"#,
            r#"{"bomFormat": "CycloneDX", "specVersion": "1.x"}"#,
            r#"{"@context": "https://schema.org", "@graph": []}"#,
            r#"{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"}"#,
        ] {
            assert!(Sbom::parse(text.as_bytes()).is_err(), "{text:.60}");
        }
    }

    /// Otherwise what was signed would never be found again.
    #[test]
    fn numbers_are_the_same_when_they_are_read_again() {
        let text = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "x": [0.1, 7.038531e-26, 3.3333333333333335, 1e400]}"#;
        assert!(Sbom::parse(text.as_bytes()).is_err(), "no number");
        let sbom = Sbom::parse(text.replace(", 1e400", "").as_bytes()).unwrap();
        let written = serde_json::to_vec(&sbom.document).unwrap();
        assert_eq!(Sbom::parse(&written).unwrap(), sbom);
    }
}
