//! What is wrong with inputs, collected so that it is shown together.

use super::{Code, Diagnostic, Place};

/// How many are told: whoever gives a wrong file as a list has thousands.
const MOST: usize = 100;

/// Everything that was found to be wrong with inputs so far.
#[derive(Debug, Default)]
pub struct InputFindings {
    found: Vec<Diagnostic>,
    left_out: usize,
}

impl InputFindings {
    /// The value, or `None` with the reason kept.
    pub fn take<T, C>(
        &mut self,
        input: &str,
        value: Result<T, ocm_module::Diagnostic<C>>,
    ) -> Option<T>
    where
        Code: From<C>,
    {
        value
            .map_err(|diagnostic| {
                let mut diagnostic: Diagnostic = diagnostic.with_code();
                // The message names the input already where the kind of value has the same name, or says where in a file it is.
                let is_placed = diagnostic.place.is_some();
                if !is_placed && !diagnostic.seen.starts_with(&format!("{input} ")) {
                    diagnostic.place = Some(Place::Input(input.to_owned()));
                }
                self.push(diagnostic);
            })
            .ok()
    }

    /// Records what is wrong with several inputs together.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.found.len() < MOST {
            self.found.push(diagnostic);
        } else {
            self.left_out += 1;
        }
    }

    /// Records that an input is missing; `help` says how to give it.
    pub fn missing(&mut self, input: &str, help: &str) {
        self.push(Diagnostic::error(
            Code::InputMissing,
            format!("{input} is missing"),
            help,
        ));
    }

    /// All of them, or the value where there is none.
    ///
    /// # Errors
    ///
    /// Something was found, or there is no value.
    pub fn or<T>(self, value: Option<T>) -> Result<T, Vec<Diagnostic>> {
        let Self {
            mut found,
            left_out,
        } = self;
        match found.last().map(|last| last.code) {
            None => value.ok_or(found),
            Some(_) if left_out == 0 => Err(found),
            Some(code) => {
                found.push(Diagnostic::error(
                    code,
                    format!("{left_out} more things are wrong with the inputs"),
                    "put these right first: the others are told then",
                ));
                Err(found)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_are_told_and_the_others_are_counted() {
        for (wrong, told, last) in [
            (1, 1, "asset 0"),
            (MOST, MOST, "asset 99"),
            (
                20_000,
                MOST + 1,
                "19900 more things are wrong with the inputs",
            ),
        ] {
            let mut findings = InputFindings::default();
            for n in 0..wrong {
                let invalid = Diagnostic::error(Code::ChoiceInvalid, format!("asset {n}"), "");
                assert_eq!(findings.take::<(), Code>("asset", Err(invalid)), None);
            }
            let found = findings.or(Some(())).unwrap_err();
            assert_eq!(found.len(), told);
            assert_eq!(found[told - 1].seen, last);
        }
        assert_eq!(InputFindings::default().or(Some(1)), Ok(1));
    }
}
