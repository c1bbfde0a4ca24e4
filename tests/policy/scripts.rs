//! What the scripts of the modules did about versions, branches and tags, told again in Rust.

use stand_ins::github::GitRepository;

/// How a script ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Script {
    Passed,
    /// It passed, and said that it could not check.
    Unchecked,
    Refused,
    /// It ended with an error of its own.
    Crashed,
}

/// `int()` of Python: signs, single underscores between digits, and the digits of any writing.
fn int(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix(['+', '-']) {
        Some(digits) if text.starts_with('-') => (-1, digits),
        Some(digits) => (1, digits),
        None => (1, text),
    };
    let is_split = |part: &str| !part.is_empty();
    if !digits.split('_').all(is_split) {
        return None;
    }
    let digits = digits.chars().filter(|c| *c != '_').map(|c| match c {
        '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).unwrap(),
        c => c,
    });
    digits
        .collect::<String>()
        .parse::<i64>()
        .ok()
        .map(|number| sign * number)
}

/// `release_label_validator.py` of btp-manager and kyma-environment-broker: the version against the release that GitHub shows as
/// the latest, and whether pull requests since then bring a feature.
pub(crate) fn label_validator(latest: &str, name: &str, has_features: bool) -> Script {
    let numbers = |text: &str| {
        let parts = text.trim_start_matches('v').split('.').map(int);
        parts.collect::<Option<Vec<_>>>()
    };
    let mut verdict = Script::Passed;
    match (numbers(latest).as_deref(), numbers(name).as_deref()) {
        (Some([major, minor, patch]), Some([new_major, new_minor, new_patch])) => {
            let skips = *new_major > major + 1
                || new_major == major && *new_minor > minor + 1
                || new_major == major && new_minor == minor && *new_patch > patch + 1;
            if skips || (new_major, new_minor, new_patch) <= (major, minor, patch) {
                return Script::Refused;
            }
        }
        (Some(_), Some(_)) => {}
        _ => verdict = Script::Unchecked,
    }
    if has_features {
        let raw = |text: &str| {
            let mut parts = text.split('.').map(str::to_owned);
            (parts.next(), parts.next())
        };
        match (raw(latest), raw(name)) {
            ((major, Some(minor)), (new_major, Some(new_minor))) => {
                if major == new_major && minor == new_minor {
                    verdict = Script::Refused;
                }
            }
            // The second part is looked at only where the first ones are equal.
            ((major, _), (new_major, _)) if major != new_major => {}
            _ => verdict = Script::Crashed,
        }
    }
    verdict
}

/// `^[0-9]+\.[0-9]+\.[0-9]+$` of telemetry, istio, api-gateway and others.
pub(crate) fn three_numbers(name: &str) -> Script {
    let is_number = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    let parts: Vec<_> = name.split('.').collect();
    if parts.len() == 3 && parts.into_iter().all(is_number) {
        Script::Passed
    } else {
        Script::Refused
    }
}

/// The same with `(-[a-z][a-z0-9]*)?`, of lifecycle-manager, runtime-watcher, template-operator and modulectl.
pub(crate) fn three_numbers_and_a_word(name: &str) -> Script {
    let Some((numbers, word)) = name.split_once('-') else {
        return three_numbers(name);
    };
    let mut letters = word.chars();
    let is_word = letters.next().is_some_and(|c| c.is_ascii_lowercase())
        && letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if is_word {
        three_numbers(numbers)
    } else {
        Script::Refused
    }
}

/// `git describe --tags --abbrev=0`, of runtime-watcher and others: the nearest of all tags on the way back, of whatever form.
pub(crate) fn describe(repository: &GitRepository, commit: &str) -> Option<String> {
    let mut at = commit.to_owned();
    loop {
        let tag = repository.refs.iter().find_map(|(name, sha)| {
            let tag = name.strip_prefix("refs/tags/")?;
            (*sha == at).then(|| tag.to_owned())
        });
        if tag.is_some() {
            return tag;
        }
        at = repository.commits.get(&at)?.parents.first()?.clone();
    }
}

/// `gh api commits -q ".[N].sha"` of btp-manager: whether a commit stands at a place of the default branch's list.
pub(crate) fn is_nth_of_main(repository: &GitRepository, nth: usize, commit: &str) -> bool {
    let mut seen = Vec::new();
    let mut next = vec![repository.refs["refs/heads/main"].clone()];
    while let Some(sha) = next.pop() {
        if !seen.contains(&sha) {
            next.extend(repository.commits[&sha].parents.clone());
            seen.push(sha);
        }
    }
    seen.sort_by_key(|sha| std::cmp::Reverse(repository.commits[sha].date));
    seen.get(nth).is_some_and(|sha| sha == commit)
}
