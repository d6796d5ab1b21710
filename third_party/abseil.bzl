"""@com_google_absl from Debian's libabsl-dev, under Abseil's own labels.

libabsl-dev has a pkg-config file for each Abseil target, named absl_TARGET. Each
becomes a cc_library //pc:TARGET with the dependencies that file names; _PACKAGES
says which upstream package a target belongs to.
"""

_PACKAGES = {
    "algorithm": "algorithm container=algorithm_container",
    "base": "base config core_headers dynamic_annotations endian log_severity prefetch",
    "cleanup": "cleanup",
    "container": "btree fixed_array flat_hash_map flat_hash_set inlined_vector node_hash_map node_hash_set",
    "debugging": "debugging failure_signal_handler leak_check stacktrace symbolize",
    "flags": "flag=flags commandlineflag=flags_commandlineflag config=flags_config " +
             "marshalling=flags_marshalling parse=flags_parse program_name=flags_program_name " +
             "reflection=flags_reflection usage=flags_usage",
    "functional": "any_invocable bind_front function_ref",
    "hash": "hash",
    "memory": "memory",
    "meta": "type_traits meta",
    "numeric": "bits int128",
    "random": "random=random_random bit_gen_ref=random_bit_gen_ref " +
              "distributions=random_distributions seed_sequences=random_seed_sequences",
    "status": "status statusor",
    "strings": "strings cord str_format",
    "synchronization": "synchronization",
    "time": "time",
    "types": "any bad_any_cast bad_optional_access bad_variant_access compare optional span variant",
    "utility": "utility",
}

# Prints "target<TAB>link flags<TAB>targets it requires" for each pkg-config file.
_LIST_TARGETS = r"""
set -eu
cd "$(pkg-config --variable=libdir absl_base)/pkgconfig"
for file in absl_*.pc; do
  awk -v target="${file%.pc}" '
    /^Libs:/     { for (i = 2; i <= NF; i++) if ($i !~ /^-L/) libs = libs " " $i }
    /^Requires:/ { sub(/^Requires:/, ""); n = split($0, parts, ",")
                   for (i = 1; i <= n; i++) { split(parts[i], w, " "); if (w[1] != "") deps = deps " " w[1] } }
    END          { printf "%s\t%s\t%s\n", target, libs, deps }' "$file"
done
"""

_PUBLIC = 'package(default_visibility = ["//visibility:public"])\n'

def _words(text):
    return [word for word in text.split(" ") if word]

def _abseil_repository_impl(repository_ctx):
    result = repository_ctx.execute(["bash", "-c", _LIST_TARGETS])
    if result.return_code != 0:
        fail("@com_google_absl needs Debian's libabsl-dev and pkg-config: " + result.stderr)

    targets = {}
    build = _PUBLIC
    for line in result.stdout.splitlines():
        target, flags, requires = line.split("\t")
        targets[target] = True
        build += "cc_library(name = %s, linkopts = %s, deps = %s)\n" % (
            repr(target[len("absl_"):]),
            repr(_words(flags)),
            repr([":" + name[len("absl_"):] for name in _words(requires)]),
        )
    repository_ctx.file("WORKSPACE", "")
    repository_ctx.file("pc/BUILD.bazel", build)

    for package, members in _PACKAGES.items():
        build = _PUBLIC
        for member in _words(members):
            name, _, pc = member.partition("=")
            pc = pc or name
            if "absl_" + pc in targets:
                build += 'alias(name = "%s", actual = "//pc:%s")\n' % (name, pc)
        repository_ctx.file("absl/%s/BUILD.bazel" % package, build)

abseil_repository = repository_rule(
    implementation = _abseil_repository_impl,
    local = True,
)
