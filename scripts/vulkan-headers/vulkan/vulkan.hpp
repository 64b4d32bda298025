// Debian 12's Vulkan headers lack one extension that llama.cpp names, with which it turns on checks for its own developers. This stands before
// them in the compiler's path (scripts/vulkan.sh) and adds that. Its names and numbers are those of VK_EXT_layer_settings:
// https://registry.khronos.org/vulkan/specs/latest/man/html/VK_EXT_layer_settings.html
#include_next <vulkan/vulkan.hpp>

#if VK_HEADER_VERSION < 272
#include <vector>

namespace VULKAN_HPP_NAMESPACE {

enum class LayerSettingTypeEXT { eBool32 = 0 };

struct LayerSettingEXT {
    const char * pLayerName;
    const char * pSettingName;
    LayerSettingTypeEXT type;
    uint32_t valueCount;
    const void * pValues;
};

struct LayerSettingsCreateInfoEXT {
    VkStructureType sType = static_cast<VkStructureType>(1000496000);
    const void * pNext = nullptr;
    uint32_t settingCount;
    const LayerSettingEXT * pSettings;

    explicit LayerSettingsCreateInfoEXT(const std::vector<LayerSettingEXT> & settings)
        : settingCount(static_cast<uint32_t>(settings.size())), pSettings(settings.data()) {}
};

}  // namespace VULKAN_HPP_NAMESPACE
#endif
