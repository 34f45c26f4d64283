// GroupNorm followed by SiLU over channels-last bfloat16 pictures, in one pass each way.
// PyTorch 1.13 spends more time on these two than on all convolutions of a small U-Net.
//
// Shapes: x, y, grad [pictures][places][channels]; mean, rstd [pictures][groups]; weight, bias [channels].
#include <math.h>
#include <stdint.h>
#include <string.h>

#define CHANNELS_MAX 1024

static inline float to_float(uint16_t half) {
  uint32_t bits = (uint32_t)half << 16;
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

// Round to nearest, ties to even.
static inline uint16_t to_bfloat16(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

// y = silu(x * scale + shift) needs one scale and one shift a channel.
static void fold(const float *mean, const float *rstd, const float *weight, const float *bias,
                 long channels, long groups, float *scale, float *shift) {
  long width = channels / groups;
  for (long c = 0; c < channels; c++) {
    scale[c] = rstd[c / width] * weight[c];
    shift[c] = bias[c] - mean[c / width] * scale[c];
  }
}

void norm_silu_forward(const uint16_t *x, const float *weight, const float *bias, uint16_t *y,
                       float *mean, float *rstd, long pictures, long places, long channels,
                       long groups, float epsilon) {
  float sum[CHANNELS_MAX], square[CHANNELS_MAX], scale[CHANNELS_MAX], shift[CHANNELS_MAX];
  long width = channels / groups;
  for (long n = 0; n < pictures; n++) {
    const uint16_t *picture = x + n * places * channels;
    uint16_t *result = y + n * places * channels;
    memset(sum, 0, sizeof sum);
    memset(square, 0, sizeof square);
    for (long p = 0; p < places; p++)
      for (long c = 0; c < channels; c++) {
        float value = to_float(picture[p * channels + c]);
        sum[c] += value;
        square[c] += value * value;
      }
    for (long g = 0; g < groups; g++) {
      double total = 0, total_square = 0, count = (double)places * width;
      for (long c = g * width; c < (g + 1) * width; c++) total += sum[c], total_square += square[c];
      double average = total / count;
      double variance = fmax(0, total_square / count - average * average);
      mean[n * groups + g] = (float)average;
      rstd[n * groups + g] = (float)(1 / sqrt(variance + epsilon));
    }
    fold(mean + n * groups, rstd + n * groups, weight, bias, channels, groups, scale, shift);
    for (long p = 0; p < places; p++)
      for (long c = 0; c < channels; c++) {
        float z = to_float(picture[p * channels + c]) * scale[c] + shift[c];
        result[p * channels + c] = to_bfloat16(z / (1 + expf(-z)));
      }
  }
}

// grad_weight and grad_bias are added to; scratch holds places * channels floats.
void norm_silu_backward(const uint16_t *x, const uint16_t *grad_y, const float *weight,
                        const float *bias, const float *mean, const float *rstd, uint16_t *grad_x,
                        float *grad_weight, float *grad_bias, float *scratch, long pictures,
                        long places, long channels, long groups) {
  float scale[CHANNELS_MAX], shift[CHANNELS_MAX], sum[CHANNELS_MAX], product[CHANNELS_MAX];
  float by_x[CHANNELS_MAX], constant[CHANNELS_MAX];
  long width = channels / groups;
  for (long n = 0; n < pictures; n++) {
    const uint16_t *picture = x + n * places * channels;
    const uint16_t *grad = grad_y + n * places * channels;
    uint16_t *result = grad_x + n * places * channels;
    fold(mean + n * groups, rstd + n * groups, weight, bias, channels, groups, scale, shift);
    memset(sum, 0, sizeof sum);
    memset(product, 0, sizeof product);
    for (long p = 0; p < places; p++)
      for (long c = 0; c < channels; c++) {
        float value = to_float(picture[p * channels + c]);
        float z = value * scale[c] + shift[c];
        float sigmoid = 1 / (1 + expf(-z));
        float grad_z = to_float(grad[p * channels + c]) * sigmoid * (1 + z * (1 - sigmoid));
        scratch[p * channels + c] = grad_z;
        sum[c] += grad_z;
        product[c] += grad_z * value;
      }
    for (long g = 0; g < groups; g++) {
      float average = mean[n * groups + g], inverse = rstd[n * groups + g];
      double first = 0, second = 0, count = (double)places * width;
      for (long c = g * width; c < (g + 1) * width; c++) {
        float normal = inverse * (product[c] - average * sum[c]);
        grad_weight[c] += normal;
        grad_bias[c] += sum[c];
        first += weight[c] * sum[c];
        second += weight[c] * normal;
      }
      // dx = rstd * (w * dz - mean(w dz) - xhat * mean(w dz xhat)), as a line in x.
      for (long c = g * width; c < (g + 1) * width; c++) {
        by_x[c] = (float)(-inverse * inverse * second / count);
        constant[c] = (float)(-inverse * first / count) - by_x[c] * average;
      }
    }
    for (long p = 0; p < places; p++)
      for (long c = 0; c < channels; c++) {
        float value = to_float(picture[p * channels + c]);
        float gradient = scratch[p * channels + c] * scale[c] + value * by_x[c] + constant[c];
        result[p * channels + c] = to_bfloat16(gradient);
      }
  }
}
