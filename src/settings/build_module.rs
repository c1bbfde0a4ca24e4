//! What the arguments of `build-module` mean.

use std::path::PathBuf;

use ocm_module::build::DescriptorStyle;
use ocm_module::template::TemplateForm;

use super::input_parser::InputParser;
use super::{PhaseSettings, Prepared};
use crate::cli::{BuildModuleArgs, CommonArgs};
use crate::domain::{Code, Diagnostic, Repository};
use crate::phases::{BuildModule, BuildOptions};
use crate::plan::ReleasePlan;

impl PhaseSettings for BuildModuleArgs {
    fn common(&self) -> &CommonArgs {
        &self.common
    }

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
            output: path(&self.output_dir).unwrap_or_else(|| "module-release".into()),
            ctf: path(&self.ctf),
            push: !self.no_push,
            mount_from: mount_from.and_then(|from| mountable(parser, &plan, from)),
            repository_url: parser.repository_url(&plan.repository),
        };
        Some(Prepared::planned(plan, |plan| {
            BuildModule::new(plan, options)
        }))
    }
}

/// The forms of the component descriptor and of the template.
fn forms(parser: &mut InputParser<'_>, args: &BuildModuleArgs) -> (DescriptorStyle, TemplateForm) {
    let styles = [
        ("2023", DescriptorStyle::Cli2023),
        ("local-blob", DescriptorStyle::LocalBlob),
    ];
    let style = args.descriptor_style.as_deref();
    let style = parser.choice("descriptor-style", style, &styles);
    let style = style.unwrap_or_default();
    let forms = [
        ("v1beta1", TemplateForm::V1Beta1),
        ("v1beta2", TemplateForm::V1Beta2),
        ("of-config", TemplateForm::OfConfig),
        ("today", TemplateForm::Today),
    ];
    let template = parser.choice("template-form", args.template_form.as_deref(), &forms);
    if template == Some(TemplateForm::OfConfig) && args.module_config.is_none() {
        let help = "the template form `of-config` repeats the labels, annotations and state checks of this file";
        parser.missing("module-config", help);
    }
    let template = template.unwrap_or(match style {
        DescriptorStyle::Cli2023 => TemplateForm::V1Beta2,
        DescriptorStyle::LocalBlob => TemplateForm::Today,
    });
    (style, template)
}

/// Registries mount only what they have themselves.
fn mountable(
    parser: &mut InputParser<'_>,
    plan: &ReleasePlan,
    from: Repository,
) -> Option<Repository> {
    let planned = plan.module.as_ref()?.image.repository().registry();
    let elsewhere = Diagnostic::value(
        Code::MountElsewhere,
        "mount-from",
        from.to_string(),
        format!("is not in {planned}, where the module image goes"),
        format!("name a repository of {planned}, or leave it out"),
    );
    let same = from.registry() == planned;
    parser.take("mount-from", if same { Ok(from) } else { Err(elsewhere) })
}
