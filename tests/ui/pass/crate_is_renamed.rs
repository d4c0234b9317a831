#![deny(warnings)]

extern crate mp_runtime as mp;

mod facade {
    pub(crate) use ::mp_runtime as runtime;
}

#[mp::process(crate = ::mp)]
fn run(n: u32) -> u32 {
    n
}

#[facade::runtime::process(crate = crate::facade::runtime)]
fn reexported() -> Result<u32, String> {
    Ok(1)
}

mp::mp_main! {
    #![crate = ::mp]
    run(1);
    reexported();
}
