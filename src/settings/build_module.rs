//! Parses the arguments of `build-module`.

use std::path::PathBuf;

use ocm_module::build::DescriptorStyle;
use ocm_module::build::TemplateForm;
use ocm_module::oci::ImageName;

use super::input_parser::{Choices, InputParser};
use super::{PhaseSettings, Prepared};
use crate::cli::BuildModuleArgs;
use crate::domain::{Code, Diagnostic, ImageRepository};
use crate::phases::{AdditionalOptions, BuildModule, BuildOptions, ModuleTarget, ReleaseMetaInput};
use crate::plan::ReleasePlan;

impl PhaseSettings for BuildModuleArgs {
    fn prepare(&self, parser: &mut InputParser<'_>) -> Option<Prepared> {
        let (style, template) = forms(parser, self);
        let mount_from = parser.parse("mount-from", self.mount_from.as_ref());
        let plan = parser.plan(&self.plan, &self.common)?;
        let path = |path: &Option<String>| path.as_ref().map(PathBuf::from);
        let options = BuildOptions {
            style,
            template,
            channel: self.channel.clone(),
            manifest: path(&self.manifest),
            default_cr: path(&self.default_cr),
            config: path(&self.module_config),
            security: path(&self.security_config),
            additional: additional(self, &plan),
            output: path(&self.output_dir).unwrap_or_else(|| "module-release".into()),
            ctf: path(&self.ctf),
            push: !self.no_push,
            mount_from: mount_from.and_then(|from| mountable(parser, &plan, from)),
        };
        let repository_url = parser.repository_url(&plan.wanted.repository);
        let target = parser.take("plan", ModuleTarget::of_plan(&plan, repository_url))?;
        Some(Prepared::planned(plan, |plan| {
            BuildModule::new(target, Some(plan), options)
        }))
    }
}

const STYLES: Choices<'_, DescriptorStyle> = Choices {
    words: &[
        ("kyma-cli-2", DescriptorStyle::KymaCli2),
        ("modulectl-3", DescriptorStyle::Modulectl3),
    ],
    aliases: &[
        ("2023", DescriptorStyle::KymaCli2),
        ("local-blob", DescriptorStyle::Modulectl3),
    ],
};

const FORMS: Choices<'_, TemplateForm> = Choices {
    words: &[
        ("v1beta1", TemplateForm::V1Beta1),
        ("v1beta2", TemplateForm::V1Beta2),
        ("kyma-cli-2-config", TemplateForm::KymaCli2Config),
        ("modulectl-3", TemplateForm::Modulectl3),
    ],
    aliases: &[
        ("of-config", TemplateForm::KymaCli2Config),
        ("today", TemplateForm::Modulectl3),
    ],
};

/// The forms of the component descriptor and of the template.
fn forms(parser: &mut InputParser<'_>, args: &BuildModuleArgs) -> (DescriptorStyle, TemplateForm) {
    let style = args.descriptor_style.as_deref();
    let style = parser.choice("descriptor-style", style, &STYLES);
    let style = style.unwrap_or_default();
    let template = parser.choice("template-form", args.template_form.as_deref(), &FORMS);
    if template == Some(TemplateForm::KymaCli2Config) && args.module_config.is_none() {
        let help = "the template form `kyma-cli-2-config` repeats the labels, annotations and state checks of this file";
        parser.missing("module-config", help);
    }
    let template = template.unwrap_or(match style {
        DescriptorStyle::KymaCli2 => TemplateForm::V1Beta2,
        DescriptorStyle::Modulectl3 => TemplateForm::Modulectl3,
    });
    (style, template)
}

/// What the files beside the release's are made from. A text with `=` is pairs of channel and version, and any other is a path.
fn additional(args: &BuildModuleArgs, plan: &ReleasePlan) -> AdditionalOptions {
    let release_meta = args
        .release_meta
        .as_ref()
        .map(|text| match text.contains('=') {
            true => ReleaseMetaInput::Pairs(text.clone()),
            false => ReleaseMetaInput::File(text.trim().into()),
        });
    let images = plan.wanted.extra_images.iter();
    AdditionalOptions {
        release_meta,
        component_config: args.component_config.as_ref().map(PathBuf::from),
        other_images: images
            .filter_map(|image| ImageName::parse(&image.to_string()))
            .collect(),
    }
}

/// A registry can mount only layers from its own repositories.
fn mountable(
    parser: &mut InputParser<'_>,
    plan: &ReleasePlan,
    from: ImageRepository,
) -> Option<ImageRepository> {
    let planned = plan.wanted.module.as_ref()?.image.repository().registry();
    let elsewhere = Diagnostic::value(
        Code::MountElsewhere,
        "mount-from",
        from.to_string(),
        format!("is not in {planned}, the registry of the module image"),
        format!("name a repository of {planned}, or leave it out"),
    );
    let same = from.registry() == planned;
    parser.take("mount-from", if same { Ok(from) } else { Err(elsewhere) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_input_values_are_aliases_of_the_new_ones() {
        for (old, new) in [("2023", "kyma-cli-2"), ("local-blob", "modulectl-3")] {
            assert_eq!(STYLES.find(old), STYLES.find(new), "{old}");
            assert!(STYLES.find(old).is_some(), "{old}");
        }
        for (old, new) in [("of-config", "kyma-cli-2-config"), ("today", "modulectl-3")] {
            assert_eq!(FORMS.find(old), FORMS.find(new), "{old}");
            assert!(FORMS.find(old).is_some(), "{old}");
        }
        assert_eq!(STYLES.shown(), "kyma-cli-2, modulectl-3");
    }
}
