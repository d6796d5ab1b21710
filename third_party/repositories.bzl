"""Every external repository of the project, all of them local.

Nothing here downloads: rules come from Debian's Bazel packages, libraries from
Debian's -dev packages through pkg-config. Each repository is evaluated only when
a target of it is built, so a library that is not installed disturbs nobody who
does not use it. The labels are upstream's own.
"""

load("//third_party:abseil.bzl", "abseil_repository")
load("//third_party:system_library.bzl", "system_libraries")

_DEBIAN_RULES = "/usr/share/bazel/"

def _shim_impl(repository_ctx):
    repository_ctx.file("WORKSPACE", "")
    for path, label in repository_ctx.attr.files.items():
        repository_ctx.symlink(Label(label), path)

_shim_repository = repository_rule(
    implementation = _shim_impl,
    doc = "A repository made of files kept in third_party/shims.",
    attrs = {"files": attr.string_dict(mandatory = True)},
    local = True,
)

def _bazel_rules():
    """The repositories that Bazel itself expects to exist."""
    for name, path in {
        "bazel_skylib": "tools/skylib",
        "platforms": "tools/platforms",
        "rules_java": "rules/java",
        "rules_proto": "rules/proto",
    }.items():
        native.local_repository(name = name, path = _DEBIAN_RULES + path)
    _shim_repository(
        name = "rules_cc",
        files = {
            "BUILD.bazel": "//third_party/shims:empty.BUILD",
            "cc/BUILD.bazel": "//third_party/shims:empty.BUILD",
            "cc/defs.bzl": "//third_party/shims:rules_cc_defs.bzl",
        },
    )
    _shim_repository(
        name = "remote_coverage_tools",
        files = {"BUILD.bazel": "//third_party/shims:coverage_tools.BUILD"},
    )

def lockstep_repositories():
    """Declares all external repositories. Called once, by WORKSPACE."""
    _bazel_rules()
    abseil_repository(name = "com_google_absl")

    # Below: repository name, then target -> what pkg-config (or, after "-l",
    # the linker) calls it.
    system_libraries(
        name = "com_google_googletest",
        libraries = {"gtest": "gtest gmock", "gtest_main": "gtest gmock gtest_main"},
    )
    system_libraries(
        name = "com_google_protobuf",
        build_file = "//third_party/shims:protobuf.BUILD",
        libraries = {"protobuf": "protobuf"},
        programs = ["protoc"],
    )
    system_libraries(
        name = "com_github_google_benchmark",
        libraries = {"benchmark": "benchmark", "benchmark_main": "-lbenchmark_main benchmark"},
    )
    system_libraries(name = "rapidcheck", libraries = {"rapidcheck": "-lrapidcheck"})
    system_libraries(name = "nlohmann_json", libraries = {"json": "nlohmann_json"})
    system_libraries(name = "cli11", libraries = {"cli11": "CLI11"})
    system_libraries(name = "openssl", libraries = {"ssl": "libssl", "crypto": "libcrypto"})
    system_libraries(name = "yaml_cpp", libraries = {"yaml_cpp": "yaml-cpp"})
    system_libraries(name = "nghttp2", libraries = {"nghttp2": "libnghttp2"})
    system_libraries(name = "liburing", libraries = {"liburing": "liburing"})
    system_libraries(
        name = "com_github_grpc_grpc",
        build_file = "//third_party/shims:grpc.BUILD",
        libraries = {"grpc++": "grpc++", "grpc++_reflection": "-lgrpc++_reflection grpc++"},
        programs = ["grpc_cpp_plugin"],
    )
