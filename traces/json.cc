#include "traces/json.h"

#include <array>
#include <cctype>
#include <cstdio>
#include <string_view>

#include "google/protobuf/descriptor.h"
#include "nlohmann/json.hpp"
#include "traces/trace.pb.h"

namespace lockstep::traces {
namespace {

using Json = nlohmann::ordered_json;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// "FATE_LOST" of the enumeration Fate as "lost", "ROLE_PRE_CANDIDATE" as "preCandidate": the longest prefix that
// names the type is dropped.
std::string EnumWord(const EnumValueDescriptor& value) {
  const size_t type_letters = value.type()->name().size();
  const std::string& name = value.name();
  size_t at = 0;
  for (size_t letters = 0; letters < type_letters && at < name.size(); ++at) letters += name[at] != '_' ? 1 : 0;
  if (at < name.size() && name[at] == '_') ++at;
  std::string word;
  for (bool upper = false; at < name.size(); ++at) {
    if (name[at] == '_') {
      upper = true;
    } else {
      word += upper ? name[at] : static_cast<char>(std::tolower(static_cast<unsigned char>(name[at])));
      upper = false;
    }
  }
  return word;
}

std::string Hex(uint64_t bits) {
  std::array<char, 19> text;
  std::snprintf(text.data(), text.size(), "0x%016llx", static_cast<unsigned long long>(bits));
  return text.data();
}

Json EnumJson(const FieldDescriptor& field, int number) {
  const EnumValueDescriptor* value = field.enum_type()->FindValueByNumber(number);
  return value != nullptr ? Json(EnumWord(*value)) : Json(number);
}

Json ObjectJson(const Message& message);

Json ValueJson(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.GetInt32(message, &field);
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.GetInt64(message, &field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection.GetUInt32(message, &field);
    case FieldDescriptor::CPPTYPE_UINT64: {
      const uint64_t value = reflection.GetUInt64(message, &field);
      return field.type() == FieldDescriptor::TYPE_FIXED64 ? Json(Hex(value)) : Json(value);
    }
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection.GetDouble(message, &field);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return reflection.GetFloat(message, &field);
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(message, &field);
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumJson(field, reflection.GetEnumValue(message, &field));
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.GetString(message, &field);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return ObjectJson(reflection.GetMessage(message, &field));
  }
  return nullptr;
}

Json ElementJson(const Message& message, const FieldDescriptor& field, int at) {
  const Reflection& reflection = *message.GetReflection();
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    return ObjectJson(reflection.GetRepeatedMessage(message, &field, at));
  }
  return reflection.GetRepeatedUInt64(message, &field, at);  // Choices.values: the only repeated scalar there is.
}

Json ObjectJson(const Message& message) {
  const google::protobuf::Descriptor& type = *message.GetDescriptor();
  const Reflection& reflection = *message.GetReflection();
  const bool complete = &type == proto::NodeState::descriptor();
  Json object = Json::object();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.is_repeated()) {
      const int count = reflection.FieldSize(message, &field);
      if (count == 0) continue;
      Json array = Json::array();
      for (int at = 0; at < count; ++at) array.push_back(ElementJson(message, field, at));
      object[field.json_name()] = std::move(array);
    } else if (complete || reflection.HasField(message, &field)) {
      object[field.json_name()] = ValueJson(message, field);
    }
  }
  return object;
}

}  // namespace

std::string ToJson(const Message& message) {
  // Text of a damaged file may not be UTF-8; it is shown with replacement characters.
  return ObjectJson(message).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace lockstep::traces
