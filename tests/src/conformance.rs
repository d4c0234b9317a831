//! Tests that are the same for each start method.

/// Makes a module for each method with a test for each scene, which calls `super::scene(METHOD, SCENE)`.
///
/// ```
/// mp_tests::conformance! {
///     [fork: "fork", exec: "exec"]
///     values_arrive: "values",
/// }
///
/// fn scene(method: &str, scene: &str) {
///     assert!(["fork", "exec"].contains(&method) && scene == "values");
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! conformance {
    ([$($module:ident: $method:literal),* $(,)?] $($scenes:tt)*) => {
        $crate::conformance!(@each [$($module: $method),*] { $($scenes)* });
    };
    (@each [$($module:ident: $method:literal),*] $scenes:tt) => {
        $(mod $module {
            $crate::conformance!(@tests $method $scenes);
        })*
    };
    (@tests $method:literal { $($name:ident: $scene:literal,)* }) => {
        $(#[test]
        fn $name() {
            super::scene($method, $scene);
        })*
    };
}
