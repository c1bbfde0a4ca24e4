//! The files that a rehearsal is made from: those that were typed, and those that a workflow or the module's configuration names.

use std::path::Path;

use ocm_module::config::{ConfigDialect, FileRef, ModuleConfig};

use super::super::input_parser::InputParser;
use super::earlier::below;
use super::workflow::WorkflowInputs;
use crate::cli::RehearseArgs;
use crate::domain::{Code, Diagnostic, TagFormat};

/// Where `post-build-module.yaml` expects the rendered manifest.
const RENDERED: &str = "build/manifest.yaml";

/// The file with the example's manifest, and the image that it runs.
const EXAMPLE: (&str, &str) = (
    include_str!("../../rehearsal/example/manifest.yaml"),
    "europe-docker.pkg.dev/kyma-project/prod/btp-manager",
);

const EXAMPLE_CR: &str = include_str!("../../rehearsal/example/default-cr.yaml");
const EXAMPLE_CONFIG: &str = include_str!("../../rehearsal/example/module-config.yaml");

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SourceFile {
    /// Its path, as messages call it.
    pub(super) name: String,
    pub(super) text: String,
}

/// What was read.
#[derive(Default)]
pub(super) struct RehearsalSources {
    pub(super) workflow: Option<WorkflowInputs>,
    pub(super) config: Option<(SourceFile, ModuleConfig)>,
    /// `None` where the release has no module.
    pub(super) manifest: Option<SourceFile>,
    pub(super) default_cr: Option<SourceFile>,
    /// The configuration of the security scanners.
    pub(super) security: Option<SourceFile>,
    /// Whether it is the example's module.
    pub(super) is_example: bool,
}

impl RehearsalSources {
    /// Reads all files; `None` where one cannot be read, and the parser has the reasons.
    pub(super) fn read(parser: &mut InputParser<'_>, args: &RehearseArgs) -> Option<Self> {
        let workflow = match &args.workflow {
            Some(path) => {
                let text = parser.file("--workflow", path)?;
                let inputs = WorkflowInputs::read(path, &text);
                Some(parser.take("--workflow", inputs)?)
            }
            None => None,
        };
        let has_module = workflow.as_ref().and_then(|inputs| inputs.get("module")) != Some("false");
        let mut sources = Self {
            is_example: args.manifest.is_none()
                && args.module_config.is_none()
                && workflow.is_none(),
            workflow,
            ..Self::default()
        };
        if !has_module {
            return Some(sources);
        }
        if let Some(path) = sources.path(args.module_config.as_ref(), "module-config") {
            let file = read(parser, "--module-config", path)?;
            sources.config = Some(parse_config(parser, file)?);
        }
        if sources.is_example {
            sources.config = Some(parse_config(parser, example_config(args))?);
            sources.manifest = Some(SourceFile {
                name: "manifest.yaml".to_owned(),
                text: EXAMPLE
                    .0
                    .replace("{binary-image}", &format!("{}:main", EXAMPLE.1)),
            });
        } else {
            sources.manifest = sources.read_manifest(parser, args);
        }
        sources.default_cr = sources.read_default_cr(parser, args);
        if let Some(path) = sources.security_path() {
            sources.security = read(parser, "security-config", path);
        }
        sources.manifest.is_some().then_some(sources)
    }

    /// What was typed, or else the file that an input of the workflow names.
    fn path(&self, typed: Option<&String>, input: &str) -> Option<String> {
        let of_workflow = || self.workflow.as_ref()?.path(input);
        typed.cloned().or_else(of_workflow)
    }

    fn read_manifest(
        &self,
        parser: &mut InputParser<'_>,
        args: &RehearseArgs,
    ) -> Option<SourceFile> {
        if let Some(path) = self.path(args.manifest.as_ref(), "manifest") {
            return read(parser, "--manifest", path);
        }
        if let Some((file, config)) = &self.config {
            let path = beside(parser, file, &config.manifest, "--manifest")?;
            return read(parser, "--manifest", path);
        }
        let workflow = self.workflow.as_ref()?;
        let path = workflow.below(RENDERED);
        if (parser.environment.read_file)(Path::new(&path)).is_ok() {
            return read(parser, "--manifest", path);
        }
        let render = workflow.get("render-command").unwrap_or("make render");
        let help = format!(
            "run `{render}`, which writes {path} in a release, or name a rendered manifest: --manifest FILE"
        );
        let unreadable = Diagnostic::error(
            Code::FileUnreadable,
            format!("file {path:?} cannot be read"),
            help,
        );
        parser.take("--manifest", Err(unreadable))
    }

    fn read_default_cr(
        &self,
        parser: &mut InputParser<'_>,
        args: &RehearseArgs,
    ) -> Option<SourceFile> {
        if let Some(path) = self.path(args.default_cr.as_ref(), "default-cr") {
            return read(parser, "--default-cr", path);
        }
        if self.is_example {
            return Some(SourceFile {
                name: "default-cr.yaml".to_owned(),
                text: EXAMPLE_CR.to_owned(),
            });
        }
        let (file, config) = self.config.as_ref()?;
        let named = config.default_cr.as_ref()?;
        let path = beside(parser, file, named, "--default-cr")?;
        read(parser, "--default-cr", path)
    }

    /// The Kyma CLI used the configuration's `security`; modulectl ignores it.
    fn security_path(&self) -> Option<String> {
        if let Some(path) = self.path(None, "security-config") {
            return Some(path);
        }
        let (file, config) = self.config.as_ref()?;
        let named = config.security.as_ref()?;
        (config.dialect == ConfigDialect::KymaCli2).then(|| join(&file.name, named))
    }
}

/// The registry and the path of the example's images.
pub(super) fn example_images() -> (String, String) {
    let image = EXAMPLE.1;
    let folder = image.rsplit_once('/').map_or(image, |(folder, _)| folder);
    (image.to_owned(), format!("{folder}/unsigned"))
}

fn read(parser: &mut InputParser<'_>, input: &str, path: String) -> Option<SourceFile> {
    let text = parser.file(input, &path)?;
    Some(SourceFile { name: path, text })
}

/// The example's configuration, as the release before left it.
fn example_config(args: &RehearseArgs) -> SourceFile {
    let typed = args.version.as_deref();
    let read = typed.and_then(|typed| TagFormat::read(typed, None).ok());
    let before = read.and_then(|(_, version, _)| below(&version));
    let before = before.map_or_else(|| "0.0.0".to_owned(), |version| version.to_string());
    SourceFile {
        name: "module-config.yaml".to_owned(),
        text: EXAMPLE_CONFIG.replace("{version}", &before),
    }
}

fn parse_config(
    parser: &mut InputParser<'_>,
    file: SourceFile,
) -> Option<(SourceFile, ModuleConfig)> {
    let (config, found) = ModuleConfig::parse(&file.name, file.text.as_bytes());
    refuse_all(parser, "--module-config", found);
    Some((file, config?))
}

/// The path of a file that the module's configuration names.
fn beside(
    parser: &mut InputParser<'_>,
    file: &SourceFile,
    named: &FileRef,
    option: &str,
) -> Option<String> {
    match named {
        FileRef::Path(path) => Some(join(&file.name, path)),
        FileRef::Url(url) => {
            let elsewhere = Diagnostic::error(
                Code::FileUnreadable,
                format!(
                    "{} names {url}, and a rehearsal downloads nothing",
                    file.name
                ),
                format!("download it, and give its path: {option} FILE"),
            );
            parser.take(option, Err(elsewhere))
        }
    }
}

/// A path that is relative to the folder of a file.
fn join(file: &str, path: &str) -> String {
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    let path = folder.join(path.trim_start_matches("./"));
    path.display().to_string()
}

/// Keeps the errors; each names its file itself.
pub(super) fn refuse_all(
    parser: &mut InputParser<'_>,
    input: &str,
    found: Vec<ocm_module::Diagnostic>,
) {
    for wrong in found.into_iter().filter(ocm_module::Diagnostic::is_error) {
        parser.take::<(), _>(input, Err(wrong));
    }
}
