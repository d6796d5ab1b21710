#include "runtime/http2/grpc_format.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lockstep::runtime {
namespace {

TEST(GrpcFormat, TimeoutsHaveAUnit) {
  EXPECT_EQ(ParseGrpcTimeout("1H"), 3'600'000'000);
  EXPECT_EQ(ParseGrpcTimeout("2M"), 120'000'000);
  EXPECT_EQ(ParseGrpcTimeout("3S"), 3'000'000);
  EXPECT_EQ(ParseGrpcTimeout("4999997u"), 4'999'997);
  EXPECT_EQ(ParseGrpcTimeout("5m"), 5'000);
  EXPECT_EQ(ParseGrpcTimeout("1n"), 1) << "rounded up";
  for (const char* bad : {"", "S", "5", "-5S", "5s", "123456789S", "1.5S"}) {
    EXPECT_EQ(ParseGrpcTimeout(bad), std::nullopt) << bad;
  }
}

TEST(GrpcFormat, StatusTextsArePrintable) {
  EXPECT_EQ(PercentEncode("etcdserver: key is not provided"), "etcdserver: key is not provided");
  EXPECT_EQ(PercentEncode("50%\n\xE2\x82\xAC~"), "50%25%0A%E2%82%AC~");
  EXPECT_EQ(PercentDecode("50%25%0A%E2%82%AC~%4"), "50%\n\xE2\x82\xAC~%4");
  EXPECT_EQ(PercentDecode("%zz%41%"), "%zzA%");
}

// Whatever the pieces, the messages are the same.
TEST(GrpcFormat, MessagesComeOutOfAnyPieces) {
  std::string bytes;
  const std::vector<std::string> messages = {"a", "", std::string(300, 'b'), "cc"};
  for (const std::string& message : messages) AppendGrpcMessage(message, bytes);
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    GrpcMessageReader reader(1000);
    std::vector<std::string> read;
    for (size_t at = 0; at < bytes.size(); at += piece) {
      const RpcStatus status = reader.Add(std::string_view(bytes).substr(at, piece), [&](std::string_view message) {
        read.emplace_back(message);
        return true;
      });
      ASSERT_TRUE(status.ok());
    }
    EXPECT_EQ(read, messages) << piece;
    EXPECT_FALSE(reader.within_message());
  }
}

TEST(GrpcFormat, TheReaderStopsWhenAskedTo) {
  std::string bytes;
  AppendGrpcMessage("a", bytes);
  AppendGrpcMessage("b", bytes);
  GrpcMessageReader reader(10);
  int count = 0;
  EXPECT_TRUE(reader.Add(bytes, [&](std::string_view) { return ++count, false; }).ok());
  EXPECT_EQ(count, 1);
  EXPECT_TRUE(reader.within_message());
}

}  // namespace
}  // namespace lockstep::runtime
