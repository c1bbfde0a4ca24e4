//! Parses the arguments of `build-module`.

use ocm_module::build::{DescriptorStyle, TEMPLATE_NAMESPACE, TemplateForm};
use ocm_module::oci::ImageName;
use ocm_module::rules;
use ocm_module::values::ModuleForm;

use super::commit_build::{module_of_commit, refuse_inputs_of_commits};
use super::input_parser::{Choices, InputParser, TokenChoice};
use super::module_form::module_form;
use super::{PhaseSettings, Prepared};
use crate::cli::BuildModuleArgs;
use crate::domain::{Code, Diagnostic, ImageRepository};
use crate::phases::{
    AdditionalOptions, BuildForms, BuildModule, BuildOptions, ModuleTarget, ReleaseMetaInput,
};
use crate::plan::ReleasePlan;

impl PhaseSettings for BuildModuleArgs {
    /// GitHub is only asked whether a tag of the registry that is taken is the release's own.
    fn token(&self) -> TokenChoice {
        if self.commit_build || self.no_push {
            TokenChoice::None
        } else {
            TokenChoice::Job
        }
    }

    fn prepare(&self, parser: &mut InputParser<'_>) -> Option<Prepared> {
        let chosen = ChosenForms::read(parser, self);
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
        let (repository, release, target) = if self.commit_build {
            let (repository, target) = module_of_commit(parser, self, chosen.form)?;
            (repository, None, target)
        } else {
            let (plan, target) = module_of_release(parser, self)?;
            (plan.wanted.repository.clone(), Some(plan), target)
        };
        let additional = additional(parser, self, release.as_ref());
        let options = BuildOptions {
            forms: chosen.with(parser, &target),
            channel: self.channel.clone(),
            manifest,
            default_cr,
            config,
            security,
            additional,
            output: output.unwrap_or_else(|| "module-release".into()),
            ctf,
            push: !self.no_push,
            pin_images: self.pin_images,
            mount_from: mount_from.and_then(|from| mountable(parser, &target, from)),
        };
        let Some(plan) = release else {
            let image = target.images.first()?.clone();
            let phase = BuildModule::new(target, None, options);
            return Some(Prepared::with_image(repository, &image, phase));
        };
        Some(Prepared::planned(plan, |plan| {
            BuildModule::new(target, Some(plan), options)
        }))
    }
}

/// The plan of a release, and its module.
fn module_of_release(
    parser: &mut InputParser<'_>,
    args: &BuildModuleArgs,
) -> Option<(ReleasePlan, ModuleTarget)> {
    if args.plan.plan.is_none() {
        parser.missing(
            "plan",
            "pass the output of the phase `plan` (plan: ${{ needs.plan.outputs.plan }}), or build a commit that belongs to no \
             release (commit-build: true)",
        );
        return None;
    }
    refuse_inputs_of_commits(parser, args);
    let plan = parser.plan(&args.plan, &args.common)?;
    let repository_url = parser.repository_url(&plan.wanted.repository);
    let target = parser.take("plan", ModuleTarget::of_plan(&plan, repository_url))?;
    Some((plan, target))
}

/// The word of `module-namespace` for a template without a namespace, as modulectl writes it.
const NO_NAMESPACE: &str = "none";

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

/// What was asked for about the forms.
struct ChosenForms {
    form: Option<ModuleForm>,
    style: Option<DescriptorStyle>,
    template: Option<TemplateForm>,
    namespace: Option<String>,
}

impl ChosenForms {
    fn read(parser: &mut InputParser<'_>, args: &BuildModuleArgs) -> Self {
        let style = args.descriptor_style.as_deref();
        let template = parser.choice("template-form", args.template_form.as_deref(), &FORMS);
        if template == Some(TemplateForm::KymaCli2Config) && args.module_config.is_none() {
            let help = "the template form `kyma-cli-2-config` repeats the labels, annotations and state checks of this file";
            parser.missing("module-config", help);
        }
        let namespace = args.module_namespace.as_deref().map(str::trim);
        let refused = namespace.filter(|name| !matches!(*name, "" | NO_NAMESPACE));
        if let Some(refused) = refused.and_then(rules::namespace) {
            parser.take::<(), _>("module-namespace", Err(refused));
        }
        Self {
            form: module_form(parser, args.module_form.as_deref()),
            style: parser.choice("descriptor-style", style, &STYLES),
            template,
            namespace: namespace.map(|name| if name == NO_NAMESPACE { "" } else { name }.into()),
        }
    }

    /// The forms of a module of the target's form, with what was asked for.
    fn with(self, parser: &mut InputParser<'_>, target: &ModuleTarget) -> BuildForms {
        let style = self.form.map(ModuleForm::descriptor_style);
        if let Some(form) = self.form {
            let same_tags = (form == ModuleForm::Both) == (target.form == ModuleForm::Both);
            if !same_tags || !fits(form.descriptor_style(), target) {
                let contradiction = contradiction(target, "module-form", form);
                parser.take::<(), _>("module-form", Err(contradiction));
            }
        }
        if let Some(style) = self.style.filter(|style| !fits(*style, target)) {
            let contradiction = contradiction(target, "descriptor-style", form_of(style));
            parser.take::<(), _>("descriptor-style", Err(contradiction));
        }
        let both = target.form == ModuleForm::Both;
        if both
            && matches!(
                self.template,
                Some(TemplateForm::Modulectl3 | TemplateForm::V1Beta1)
            )
        {
            let unfit = Diagnostic::error(
                Code::ChoiceInvalid,
                "the form both has a template of modulectl 3 in any case, and this is the form of its template of the Kyma CLI 2",
                "leave `template-form` out, or use one of v1beta2, kyma-cli-2-config",
            );
            parser.take::<(), _>("template-form", Err(unfit));
        }
        let asked_in_detail = self.style.is_some() || self.template.is_some();
        let style = self.style.or(style);
        let style = style.unwrap_or(target.form.descriptor_style());
        let of_style = form_of(style);
        // Whoever chooses in detail gets what the tool of that choice writes.
        let namespace = (both || !asked_in_detail).then(|| TEMPLATE_NAMESPACE.to_owned());
        let namespace = self
            .namespace
            .or(namespace.filter(|_| both || of_style == ModuleForm::Modulectl3));
        let of_kyma_cli_2 = self.template.unwrap_or(ModuleForm::KymaCli2.template());
        BuildForms {
            style,
            template: if both {
                target.form.template()
            } else {
                self.template.unwrap_or(of_style.template())
            },
            kyma_cli_2_template: both.then_some(of_kyma_cli_2),
            namespace,
        }
    }
}

/// Whether the module image has a tag of this style.
fn fits(style: DescriptorStyle, target: &ModuleTarget) -> bool {
    if target.form == ModuleForm::Both {
        return style == target.form.descriptor_style();
    }
    let tag = style.component_version(&target.version);
    target.images.iter().any(|image| image.reference() == tag)
}

/// The form that has this style alone.
fn form_of(style: DescriptorStyle) -> ModuleForm {
    match style {
        DescriptorStyle::KymaCli2 => ModuleForm::KymaCli2,
        DescriptorStyle::Modulectl3 => ModuleForm::Modulectl3,
    }
}

/// That `input` asks for the form `asked`, and the module image has other tags.
fn contradiction(target: &ModuleTarget, input: &str, asked: ModuleForm) -> Diagnostic {
    let images: Vec<_> = target.images.iter().map(ToString::to_string).collect();
    Diagnostic::error(
        Code::ModuleImageDiffers,
        format!(
            "the form {asked} has other tags than the module image, which is {}",
            images.join(" and ")
        ),
        format!(
            "leave `{input}` out, or give `module-form: {asked}` to the phase `plan`, or beside `commit-build`"
        ),
    )
}

/// What the files beside the release's are made from. A text with `=` is pairs of channel and version, and any other is a path.
fn additional(
    parser: &mut InputParser<'_>,
    args: &BuildModuleArgs,
    release: Option<&ReleasePlan>,
) -> AdditionalOptions {
    let release_meta = match args.release_meta.as_ref() {
        Some(pairs) if pairs.contains('=') => Some(ReleaseMetaInput::Pairs(pairs.clone())),
        path => parser
            .path("release-meta", path)
            .map(ReleaseMetaInput::File),
    };
    let images = release.map(|plan| &plan.wanted.extra_images);
    AdditionalOptions {
        release_meta,
        component_config: parser.path("component-config", args.component_config.as_ref()),
        other_images: images
            .into_iter()
            .flatten()
            .filter_map(|image| ImageName::parse(&image.to_string()))
            .collect(),
    }
}

/// A registry can mount only layers from its own repositories.
fn mountable(
    parser: &mut InputParser<'_>,
    target: &ModuleTarget,
    from: ImageRepository,
) -> Option<ImageRepository> {
    let planned = target.images.first()?.repository().registry();
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
