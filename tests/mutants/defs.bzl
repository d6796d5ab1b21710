"""A mutant: the shipped sources with one patch applied, and a hunt for what it plants."""

def mutant(name, sources, in_sample = False):
    """Defines program NAME_hunt, with NAME.patch applied to `sources` and linked before the originals, and its test.

    A linker takes a symbol from the first object that defines it and leaves the archive member of the original alone.
    So everything but the patched files is the very library that ships. A patch that no longer applies fails the build.

    Args:
      name: of the patch, without its ending.
      sources: labels of the files that it changes.
      in_sample: whether it is among those that every test run builds.
    """
    patched = ["%s/%s" % (name, source.lstrip("/").replace(":", "/")) for source in sources]
    native.genrule(
        name = name + "_sources",
        srcs = sources + [name + ".patch"],
        outs = patched,
        cmd = " && ".join(
            [
                "mkdir -p $(RULEDIR)/%s && cp $(location %s) $(RULEDIR)/%s && chmod u+w $(RULEDIR)/%s" % (out.rpartition("/")[0], source, out, out)
                for source, out in zip(sources, patched)
            ] + [
                "patch -d $(RULEDIR)/%s -p1 --fuzz=0 --no-backup-if-mismatch --quiet <$(location %s.patch)" % (name, name),
            ],
        ),
        tags = ["manual"],
    )
    native.cc_binary(
        name = name + "_hunt",
        testonly = True,
        srcs = patched,
        copts = ["-w"],
        deps = [":hunt"],
        tags = ["manual"],
    )
    native.sh_test(
        name = name + "_test",
        size = "medium",
        srcs = ["verify.sh"],
        args = ["$(location :%s_hunt)" % name, "$(location %s.patch)" % name],
        data = [name + "_hunt", name + ".patch"],
        tags = [] if in_sample else ["manual"],
    )
