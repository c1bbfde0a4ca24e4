//! The results of a process of the binary.

use std::collections::BTreeMap;
use std::path::Path;

pub(crate) type Outputs = BTreeMap<String, String>;

/// The outputs of a step, read as the runner does: `name<<delimiter`, the value's lines, `delimiter`
/// (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#multiline-strings>).
pub(crate) fn outputs(file: &Path) -> Outputs {
    let text = std::fs::read_to_string(file).unwrap();
    let mut lines = text.lines();
    let mut outputs = Outputs::new();
    while let Some((name, delimiter)) = lines.next().and_then(|line| line.split_once("<<")) {
        let value: Vec<_> = lines
            .by_ref()
            .take_while(|line| *line != delimiter)
            .collect();
        outputs.insert(name.to_owned(), value.join("\n"));
    }
    outputs
}
