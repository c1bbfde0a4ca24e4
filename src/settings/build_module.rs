//! Parses the arguments of `build-module`.

use ocm_module::build::DescriptorStyle;
use ocm_module::build::TemplateForm;

use super::input_parser::{Choices, InputParser, TokenChoice};
use super::{PhaseSettings, Prepared};
use crate::cli::BuildModuleArgs;
use crate::domain::{Code, Diagnostic, ImageRepository};
use crate::phases::{BuildModule, BuildOptions};
use crate::plan::ReleasePlan;

impl PhaseSettings for BuildModuleArgs {
    /// GitHub is only asked whether a tag of the registry that is taken is the release's own.
    fn token(&self) -> TokenChoice {
        if self.no_push {
            TokenChoice::None
        } else {
            TokenChoice::Job
        }
    }

    fn prepare(&self, parser: &mut InputParser<'_>) -> Option<Prepared> {
        let (style, template) = forms(parser, self);
        let mount_from = parser.parse("mount-from", self.mount_from.as_ref());
        let mut path = |input: &str, text: &Option<String>| parser.path(input, text.as_ref());
        let [manifest, default_cr, config, security, output, ctf] = [
            path("manifest", &self.manifest),
            path("default-cr", &self.default_cr),
            path("module-config", &self.module_config),
            path("security-config", &self.security_config),
            path("output-dir", &self.output_dir),
            path("ctf", &self.ctf),
        ];
        let plan = parser.plan(&self.plan, &self.common)?;
        let options = BuildOptions {
            style,
            template,
            channel: self.channel.clone(),
            manifest,
            default_cr,
            config,
            security,
            output: output.unwrap_or_else(|| "module-release".into()),
            ctf,
            push: !self.no_push,
            pin_images: self.pin_images,
            mount_from: mount_from.and_then(|from| mountable(parser, &plan, from)),
            repository_url: parser.repository_url(&plan.wanted.repository),
        };
        Some(Prepared::planned(plan, |plan| {
            BuildModule::new(plan, options)
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
