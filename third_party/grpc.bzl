"""cc_grpc_library: the C++ stubs of the services in one .proto file."""

def cc_grpc_library(name, src, deps, **kwargs):
    """Generates and compiles gRPC stubs with Debian's grpc_cpp_plugin.

    Args:
      name: the cc_library that services and clients depend on.
      src: the .proto file, in this package, whose services are wanted. Its imports
        must be well-known types or files of this package.
      deps: the cc_proto_library of `src`.
      **kwargs: passed to the cc_library (visibility, …).
    """
    stem = src[:-len(".proto")]
    outs = [stem + ".grpc.pb.cc", stem + ".grpc.pb.h"]
    native.genrule(
        name = name + "_stubs",
        srcs = native.glob(["*.proto"]),
        outs = outs,
        cmd = " ".join([
            "$(location @com_google_protobuf//:protoc) -I.",
            "--plugin=protoc-gen-grpc=$(location @com_github_grpc_grpc//:grpc_cpp_plugin)",
            "--grpc_out=$(GENDIR)",
            "$(location %s)" % src,
        ]),
        tools = [
            "@com_github_grpc_grpc//:grpc_cpp_plugin",
            "@com_google_protobuf//:protoc",
        ],
    )
    native.cc_library(
        name = name,
        srcs = outs[:1],
        hdrs = outs[1:],
        deps = deps + ["@com_github_grpc_grpc//:grpc++"],
        **kwargs
    )
