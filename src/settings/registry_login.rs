//! The inputs of `registry-login`.

use std::collections::BTreeSet;

use super::input_parser::InputParser;
use super::{Environment, lines};
use crate::cli::{CommonArgs, RegistryArgs, RegistryLoginArgs};
use crate::commands::registry_login::{Login, RegistryLogin};
use crate::domain::{Diagnostic, ImageRepository};

/// What `registry-login` writes.
///
/// # Errors
///
/// Everything that is wrong with the inputs.
pub fn registry_login(
    args: &RegistryLoginArgs,
    environment: Environment<'_>,
) -> Result<RegistryLogin, Vec<Diagnostic>> {
    let mut parser = InputParser::new(environment);
    let registry = RegistryArgs {
        // A user name without a password is ignored; the job's own token has its own user name.
        registry_username: match &environment.context.registry_password {
            Some(_) => args.registry_username.clone(),
            None => None,
        },
        registry_config: None,
    };
    let login = |(user, password)| Login { user, password };
    let given = parser.login(&registry).map(login);
    // The token of another GitHub is nothing to github.com's registry, and must not be sent there.
    let server = environment.context.server_url.as_deref();
    let token = environment.context.token.clone();
    let token = token.filter(|_| server.is_none_or(is_github_com));
    let job = token.map(|password| Login {
        user: environment
            .context
            .actor
            .clone()
            .unwrap_or_else(|| "token".to_owned()),
        password,
    });
    let output = parser.output_file(args.output.as_ref());
    let hosts = hosts(&mut parser, args);
    let settings = hosts.zip(output).map(|(hosts, output)| RegistryLogin {
        hosts,
        given,
        job,
        output,
    });
    parser.finish(settings)
}

fn is_github_com(server_url: &str) -> bool {
    let url = url::Url::parse(server_url);
    url.is_ok_and(|url| url.host_str() == Some("github.com"))
}

/// The registries of the binary image and of the module image. Further images may be in any registry, which must not get these
/// credentials.
fn hosts(parser: &mut InputParser<'_>, args: &RegistryLoginArgs) -> Option<BTreeSet<String>> {
    if args.images.is_empty() && args.plan.plan.is_none() {
        // A release may have no image at all.
        return Some(BTreeSet::new());
    }
    if args.images.is_empty() {
        let plan = parser.plan(&args.plan, &CommonArgs::default())?;
        let own = ["binary-image", "module-image"];
        let images = plan
            .images()
            .filter(|(name, _)| own.contains(&name.as_str()));
        return Some(
            images
                .map(|(_, image)| image.repository().registry().to_owned())
                .collect(),
        );
    }
    let hosts = lines(&args.images).map(|image| {
        // The tag may contain `{version}`, so only the host is parsed.
        let host = image.split('/').next().unwrap_or_default();
        let some: Option<ImageRepository> = parser.take("images", format!("{host}/image").parse());
        some.map(|repository| repository.registry().to_owned())
    });
    // Every line is parsed before the result is known, so that all errors are reported.
    let hosts: Vec<_> = hosts.collect();
    hosts.into_iter().collect()
}
