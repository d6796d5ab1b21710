#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "kvsm/api/health.pb.h"
#include "kvsm/api/reflection.pb.h"
#include "runtime/introspection/health.h"
#include "runtime/introspection/reflection.h"
#include "runtime/rpc/memory_rpc.h"

namespace lockstep::runtime {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using grpc::reflection::v1::ServerReflectionRequest;
using grpc::reflection::v1::ServerReflectionResponse;

class HealthTest : public testing::Test {
 protected:
  HealthTest() {
    health.Register(methods);
    health.Set("", true);
  }
  static HealthCheckResponse::ServingStatus Read(MemoryRpc& call) {
    HealthCheckResponse response;
    EXPECT_TRUE(response.ParseFromString(call.Take().value_or("?")));
    return response.status();
  }
  static std::string Request(const std::string& service) {
    HealthCheckRequest request;
    request.set_service(service);
    return request.SerializeAsString();
  }

  RpcMethods methods;
  Health health;
};

TEST_F(HealthTest, CheckSaysHowAServiceIs) {
  const auto check = [this](const std::string& service) {
    auto call = MemoryRpc::Begin(methods, "/grpc.health.v1.Health/Check");
    call->Write(Request(service));
    return call;
  };
  EXPECT_EQ(Read(*check("")), HealthCheckResponse::SERVING);
  health.Set("", false);
  EXPECT_EQ(Read(*check("")), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(check("other")->status(), (RpcStatus{RpcCode::kNotFound, "unknown service"}));
}

TEST_F(HealthTest, WatchTellsChangesAndNothingElse) {
  auto known = MemoryRpc::Begin(methods, "/grpc.health.v1.Health/Watch");
  known->Write(Request(""));
  auto unknown = MemoryRpc::Begin(methods, "/grpc.health.v1.Health/Watch");
  unknown->Write(Request("etcdserverpb.KV"));
  EXPECT_EQ(Read(*known), HealthCheckResponse::SERVING);
  EXPECT_EQ(Read(*unknown), HealthCheckResponse::SERVICE_UNKNOWN);
  health.Set("", true);
  EXPECT_EQ(known->Take(), std::nullopt);
  health.Set("etcdserverpb.KV", true);
  EXPECT_EQ(Read(*unknown), HealthCheckResponse::SERVING);
  known->Cancel();
  health.Set("", false);
  EXPECT_EQ(known->Take(), std::nullopt);
}

class ReflectionTest : public testing::Test {
 protected:
  ReflectionTest() {
    health.Register(methods);
    RegisterReflection(methods);
  }
  ServerReflectionResponse Ask(const ServerReflectionRequest& request, const std::string& version = "v1") {
    auto call = MemoryRpc::Begin(methods, "/grpc.reflection." + version + ".ServerReflection/ServerReflectionInfo");
    call->Write(request.SerializeAsString());
    ServerReflectionResponse response;
    EXPECT_TRUE(response.ParseFromString(call->Take().value_or("?")));
    call->HalfClose();
    EXPECT_EQ(call->status(), RpcStatus{});
    return response;
  }

  RpcMethods methods;
  Health health;
};

TEST_F(ReflectionTest, ListsTheServicesThatThereAre) {
  ServerReflectionRequest request;
  request.set_list_services("*");
  for (const char* version : {"v1", "v1alpha"}) {
    std::set<std::string> names;
    const auto response = Ask(request, version);
    for (const auto& service : response.list_services_response().service()) names.insert(service.name());
    EXPECT_EQ(names, (std::set<std::string>{"grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                                            "grpc.reflection.v1alpha.ServerReflection"}));
  }
}

TEST_F(ReflectionTest, ASymbolIsDescribedByItsFile) {
  ServerReflectionRequest request;
  request.set_file_containing_symbol("grpc.health.v1.Health");
  const auto response = Ask(request);
  ASSERT_EQ(response.file_descriptor_response().file_descriptor_proto_size(), 1);
  google::protobuf::FileDescriptorProto file;
  ASSERT_TRUE(file.ParseFromString(response.file_descriptor_response().file_descriptor_proto(0)));
  EXPECT_EQ(file.package(), "grpc.health.v1");
  EXPECT_EQ(file.service(0).name(), "Health");

  request.set_file_by_filename(file.name());
  EXPECT_EQ(Ask(request).file_descriptor_response().file_descriptor_proto_size(), 1);
  request.set_file_containing_symbol("no.such.Symbol");
  EXPECT_EQ(Ask(request).error_response().error_code(), 5);
  request.set_all_extension_numbers_of_type("grpc.health.v1.HealthCheckRequest");
  EXPECT_EQ(Ask(request).all_extension_numbers_response().base_type_name(), "grpc.health.v1.HealthCheckRequest");
  EXPECT_EQ(Ask({}).error_response().error_code(), 3);
}

}  // namespace
}  // namespace lockstep::runtime
