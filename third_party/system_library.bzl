"""A repository of cc_library targets that link what the system has installed."""

def _pkg_config(repository_ctx, module):
    result = repository_ctx.execute(["pkg-config", "--libs", module])
    if result.return_code != 0:
        fail(("@%s needs the pkg-config module '%s', which is not installed. Add its Debian " +
              "package to third_party/packages.txt, then ./run installs it. pkg-config says: %s") %
             (repository_ctx.name, module, result.stderr))
    return [flag for flag in result.stdout.strip().split(" ") if flag and not flag.startswith("-L")]

def _link_flags(repository_ctx, names):
    flags = []
    for name in names.split(" "):
        flags += [name] if name.startswith("-l") else _pkg_config(repository_ctx, name)
    return flags

def _system_libraries_impl(repository_ctx):
    lines = ['package(default_visibility = ["//visibility:public"])']
    for target, names in repository_ctx.attr.libraries.items():
        lines.append('cc_library(name = "%s", linkopts = %s)' %
                     (target, repr(_link_flags(repository_ctx, names))))
    if repository_ctx.attr.build_file:
        lines.append(repository_ctx.read(Label(repository_ctx.attr.build_file)))
    for program in repository_ctx.attr.programs:
        path = repository_ctx.which(program)
        if not path:
            fail("@%s needs the program '%s', which is not installed. Add its Debian package to third_party/packages.txt." %
                 (repository_ctx.name, program))
        repository_ctx.symlink(path, "bin/" + program)
    repository_ctx.file("WORKSPACE", "")
    repository_ctx.file("BUILD.bazel", "\n".join(lines) + "\n")

system_libraries = repository_rule(
    implementation = _system_libraries_impl,
    doc = """One cc_library per entry of `libraries`. A value lists, with spaces between,
pkg-config modules and `-l` flags, in link order. Each of `programs` is found on
the PATH and linked below bin/. `build_file` is appended.""",
    attrs = {
        "libraries": attr.string_dict(mandatory = True),
        "programs": attr.string_list(),
        "build_file": attr.string(),
    },
    local = True,
)
