#![deny(warnings, unreachable_pub, unused_qualifications)]

mod jobs {
    use mp_runtime::process;

    #[process]
    pub(crate) fn open(n: u32) -> u32 {
        private::spawn(n).unwrap().join().unwrap()
    }

    #[process]
    fn private(n: u32) -> u32 {
        n
    }

    pub(crate) mod inner {
        use mp_runtime::process;

        #[process]
        pub(in crate::jobs) fn within() -> u32 {
            1
        }

        #[process]
        pub(super) fn above() -> Result<u32, String> {
            Ok(1)
        }
    }

    pub(crate) fn all() -> u32 {
        inner::within::spawn().unwrap().join().unwrap() + inner::above::spawn().unwrap().join().unwrap()
    }
}

// One import brings the function and its process.
use jobs::open;
use jobs::open as renamed;

fn main() {
    assert_eq!(open(1), 1);
    assert_eq!(open::spawn(2).unwrap().join().unwrap(), 2);
    assert_eq!(renamed::process(3).name("other").spawn().unwrap().join().unwrap(), 3);
    assert_eq!(jobs::all(), 2);
}
