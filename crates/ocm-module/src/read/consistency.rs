//! Checks whether a ModuleTemplate refers to a given module image.

use serde_json::Value;

use crate::descriptor::Descriptor;
use crate::values::short_name;
use crate::yaml;
use crate::{Diagnostic, FormatCode};

/// What a template says otherwise than the descriptor in the image. A template with a descriptor has to have this one; one
/// without names the module and its version instead.
pub fn template_mismatches(template: &[u8], descriptor: &Descriptor) -> Vec<Diagnostic> {
    let documents = std::str::from_utf8(template)
        .ok()
        .and_then(|text| yaml::documents(text).ok());
    let template = documents.and_then(|all| all.into_iter().find(|one| !one.is_null()));
    let Some(template) = template else {
        return vec![differs("the template is not YAML")];
    };
    let spec = |key: &str| template.pointer(&format!("/spec/{key}"));
    let is_filled = |value: &&Value| value.as_object().is_some_and(|fields| !fields.is_empty());
    match spec("descriptor").filter(is_filled) {
        Some(in_template) if *in_template == descriptor.to_value() => Vec::new(),
        Some(_) => {
            let seen = "the template's descriptor is not the one in the image";
            vec![differs(seen)]
        }
        None => {
            let component = &descriptor.component;
            let text = |key: &str| spec(key).and_then(Value::as_str);
            let pairs = [
                ("moduleName", short_name(&component.name)),
                ("version", component.version.trim_start_matches('v')),
            ];
            let different = pairs
                .into_iter()
                .filter(|(key, in_image)| text(key) != Some(in_image));
            different
                .map(|(key, in_image)| {
                    let in_template = text(key).unwrap_or("not set");
                    differs(&format!("the template's {key} is {in_template}"))
                        .wanted(format!("{in_image}, as in the image"))
                })
                .collect()
        }
    }
}

fn differs(seen: &str) -> Diagnostic {
    Diagnostic::error(
        FormatCode::TemplateDiffers,
        seen,
        "use the template that was made with the module image",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{read, text};

    #[test]
    fn template_matches_image_by_descriptor_or_name() {
        let of = |file: &str| Descriptor::from_text(&read(file)).unwrap();
        let ours = of("golden-cli-2.15/component-descriptor.yaml");
        let other = of("golden-cli-2.20/component-descriptor.yaml");
        let template = text("golden-cli-2.15/template.yaml");
        let seen = |template: &str, descriptor: &Descriptor| -> Vec<String> {
            let found = template_mismatches(template.as_bytes(), descriptor);
            assert!(
                found
                    .iter()
                    .all(|one| one.code == FormatCode::TemplateDiffers)
            );
            found.iter().map(ToString::to_string).collect()
        };
        assert_eq!(seen(&template, &ours), [""; 0]);
        assert_eq!(
            seen(&template, &other),
            ["the template's descriptor is not the one in the image"]
        );
        assert_eq!(seen("a: [", &ours), ["the template is not YAML"]);
        assert_eq!(seen("---\n", &ours), ["the template is not YAML"]);
        let named = "spec:\n  moduleName: template-operator\n  version: 1.7.1\n  descriptor: {}\n";
        assert_eq!(seen(named, &ours), [""; 0]);
        assert_eq!(
            seen("spec:\n  version: 1.7.2\n", &ours),
            [
                "the template's moduleName is not set; wanted: template-operator, as in the image",
                "the template's version is 1.7.2; wanted: 1.7.1, as in the image",
            ]
        );
    }
}
