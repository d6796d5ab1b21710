// The pages' texts as the build puts them into the program.
#ifndef LOCKSTEP_TRACES_VIEW_PAGE_TEMPLATE_H_
#define LOCKSTEP_TRACES_VIEW_PAGE_TEMPLATE_H_

#include <string_view>

namespace lockstep::traces::view {

extern const std::string_view kStyle;
extern const std::string_view kTraceHtml;
extern const std::string_view kTraceScript;
extern const std::string_view kCampaignHtml;
extern const std::string_view kCampaignScript;

}  // namespace lockstep::traces::view

#endif  // LOCKSTEP_TRACES_VIEW_PAGE_TEMPLATE_H_
