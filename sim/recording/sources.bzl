"""Which sources decide how a run goes: a recorded run can be played again only by a program built of the same."""

def deciding_sources():
    """The package's target `sources`: all but what tests, fuzzes or measures it."""
    native.filegroup(
        name = "sources",
        srcs = native.glob(
            [
                "*.cc",
                "*.h",
                "*.proto",
            ],
            exclude = [
                "*_test.cc",
                "*_fuzzer.cc",
                "*_benchmark.cc",
            ],
            allow_empty = True,
        ),
        visibility = ["//sim/recording:__pkg__"],
    )
