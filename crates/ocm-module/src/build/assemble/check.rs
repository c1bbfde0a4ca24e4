//! Whether names, version and template belong to the release and fit together.

use super::super::template;
use super::{DescriptorStyle, ModuleInputs, TemplateForm};
use crate::rules;
use crate::{Diagnostic, FormatCode, Position};

/// Names and version by the rules of Lifecycle Manager, and that the configuration names the same.
pub(super) fn names(inputs: &ModuleInputs<'_>) -> Vec<Diagnostic> {
    let version = inputs.version.to_string();
    let mut found = rules::version(&version);
    found.extend(rules::module_name(inputs.component));
    found.extend(rules::channel(inputs.channel));
    let Some((file, config)) = inputs.config else {
        return found;
    };
    let name_differs = |position: Option<Position>| {
        let seen = format!("name {} is not the release's", config.name);
        differs(FormatCode::ConfigNameDiffers, seen, inputs.component).at(file, position)
    };
    if config.name != inputs.component {
        found.push(name_differs(config.name_position));
    }
    let in_config = config.version.strip_prefix('v').unwrap_or(&config.version);
    if in_config != version {
        let seen = format!("version {in_config} is not the release's");
        let differs = differs(FormatCode::ConfigVersionDiffers, seen, &version);
        found.push(differs.at(file, config.version_position));
    }
    found
}

fn differs(code: FormatCode, seen: String, wanted: &str) -> Diagnostic {
    Diagnostic::error(code, seen, format!("write {wanted}")).wanted(wanted)
}

/// That Kubernetes takes the template's name, and that the template names the tag of this module image.
pub(super) fn template(inputs: &ModuleInputs<'_>) -> Option<Diagnostic> {
    let config = inputs.config.map(|(_, config)| config);
    let name = match inputs.template {
        TemplateForm::Modulectl3 if inputs.style == DescriptorStyle::KymaCli2 => {
            return Some(Diagnostic::error(
                FormatCode::TemplateFormUnfit,
                "the template of modulectl 3 names the module image's tag as its version, without v; the image of the Kyma CLI 2 is tagged with v",
                "use `descriptor-style: modulectl-3`, or another `template-form`",
            ));
        }
        TemplateForm::Modulectl3 => {
            template::modulectl_3_name(inputs.component, &inputs.version.to_string())
        }
        TemplateForm::KymaCli2Config => config?.resource_name.clone()?,
        TemplateForm::V1Beta1 | TemplateForm::V1Beta2 => return None,
    };
    (!rules::is_object_name(&name)).then(|| {
        Diagnostic::error(
            FormatCode::TemplateNameInvalid,
            format!("the template would be named {name}, which Kubernetes does not take"),
            "use small letters, digits, - and . in the version's pre-release, or in resourceName",
        )
    })
}
