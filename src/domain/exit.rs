//! The exit codes of the process.

/// Exit codes are part of the interface: workflows and scripts may act on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// A defect of this program.
    Bug = 1,
    /// The command line, an input or a configuration file is wrong. Nothing was changed.
    Usage = 2,
    /// `plan` or `ready` found reasons not to start the release. Nothing was changed.
    Preflight = 10,
    /// The deadline passed while waiting, or in the middle of reading. Run the phase again to continue.
    Deadline = 11,
    /// The repository, a registry or a file contradicts the plan.
    Blocked = 12,
    /// The token or the registry's credentials lack a permission.
    Denied = 13,
    /// A service gave no usable answer for as long as was allowed. Run the phase again.
    Unavailable = 14,
    /// Interrupted. Run the phase again.
    Cancelled = 15,
}

impl Exit {
    /// In the order of their numbers.
    pub const ALL: [Self; 9] = [
        Self::Done,
        Self::Bug,
        Self::Usage,
        Self::Preflight,
        Self::Deadline,
        Self::Blocked,
        Self::Denied,
        Self::Unavailable,
        Self::Cancelled,
    ];

    /// The number that the process ends with.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The exit code that a process of this program ended with; `None` for a number that it does not use.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|exit| exit.code() == code)
    }

    /// The meaning as shown in the documentation.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done, or nothing to do",
            Self::Bug => "a defect of btp-release: please report it",
            Self::Usage => "the command line, an input or a file is wrong; nothing was changed",
            Self::Preflight => "`plan` or `ready` found reasons not to start; nothing was changed",
            Self::Deadline => "the deadline passed while waiting; run it again to continue",
            Self::Blocked => {
                "the repository, a registry or a file contradicts the plan; the message says how"
            }
            Self::Denied => {
                "the token or the registry's credentials are wrong or lack a permission"
            }
            Self::Unavailable => {
                "a service is down, or its rate limit lasts past the deadline; run it again"
            }
            Self::Cancelled => "interrupted; run it again to continue",
        }
    }
}
