// The explorers of the page: the marks that Python drew, moved by the formulas that Python printed.
// Part of lifecost (MIT). The formulas and the units, PLURALS and PREFIXED, are printed before it.
"use strict";
(() => {
function active_parameters({ d_ff, d_head, d_model, n_ff_matrix, n_head, n_kv_head, n_layer, tied_embeddings, vocab_size, attention_sink = 0, d_expert = 0, d_rope = 0, d_value = d_head, ff_bias = 0, head_norm = 0, kv_rank = 0, layers_per_cache = 1, n_active_expert = 1, n_expert = 1, n_latent_layer = 0, n_latent_query_layer = 0, n_moe_layer = 0, n_norm = 2, n_position = 0, n_shared_expert = 0, norm_vectors = 1, output_bias = 0, qkv_bias = 0, query_rank = 0, relative_positions = 0, router_bias = 0, wide_norm = 0 }) {
  const x0 = d_model*vocab_size;
  const x1 = kv_rank*n_latent_layer;
  const x2 = n_latent_query_layer*query_rank;
  const x3 = n_head*n_layer;
  const x4 = n_expert*n_moe_layer;
  const x5 = d_head*n_head;
  const x6 = d_model*d_value;
  const x7 = n_active_expert*n_moe_layer;
  const x8 = d_model*n_ff_matrix;
  const x9 = d_expert*x8;
  const x10 = n_layer - n_moe_layer;
  const x11 = -n_layer;
  const x12 = d_head*n_kv_head;
  const x13 = n_ff_matrix - 1;
  const x14 = (-n_latent_layer - x11)/layers_per_cache;
  const x15 = qkv_bias*x14;
  return attention_sink*x3 + d_ff*x10*x8 + 2*d_head*head_norm*n_layer + Math.pow(d_model, 2)*n_layer*relative_positions + d_model*n_latent_layer*(d_rope + kv_rank) + d_model*n_layer*output_bias + d_model*n_position + d_model*norm_vectors*(n_layer*n_norm + 1) + d_model*x12*x14 + d_model*x2 + d_model*x4 + d_model*x5*(-n_latent_query_layer - x11) + d_value*n_kv_head*x15 + ff_bias*x10*(d_ff*x13 + d_model) + ff_bias*x7*(d_expert*x13 + d_model) + n_head*x1*(d_head - d_rope + d_value) + n_kv_head*x14*x6 + n_layer*qkv_bias*x5 + n_layer*wide_norm*(x12 + x5) + n_moe_layer*n_shared_expert*x9 + router_bias*x4 + x0*(1 - tied_embeddings) + x0 + x1 + x12*x15 + x2*x5 + x2 + x3*x6 + x7*x9;
}
function chips_needed({ batch, context, d_ff, d_head, d_model, kv_bytes, memory_capacity, n_ff_matrix, n_head, n_kv_head, n_layer, n_params, tied_embeddings, vocab_size, weight_bytes, attention_sink = 0, cache_parts = 1000000000000, d_expert = 0, d_rope = 0, d_value = d_head, embedding_bytes = weight_bytes, expert_bytes = weight_bytes, ff_bias = 0, head_norm = 0, kv_rank = 0, layers_per_cache = 1, n_expert = 1, n_latent_layer = 0, n_latent_query_layer = 0, n_local_layer = 0, n_moe_layer = 0, n_norm = 2, n_position = 0, norm_vectors = 1, other_bytes = weight_bytes, output_bias = 0, qkv_bias = 0, query_rank = 0, router_bias = 0, tokens_per_entry = 1, wide_norm = 0, window = context }) {
  const x0 = 1/tokens_per_entry;
  const x1 = n_latent_layer*x0;
  const x2 = kv_rank*n_latent_layer;
  const x3 = 1/layers_per_cache;
  const x4 = d_head*n_kv_head;
  const x5 = x3*x4;
  const x6 = n_layer*x0;
  const x7 = d_value*n_kv_head*x3;
  const x8 = n_local_layer*x0;
  const x9 = x5*x8;
  const x10 = x7*x8;
  const x11 = Math.min(context, window)/context;
  const x12 = batch*context*kv_bytes*(d_rope*x1 + x0*x2 - x1*x5 - x1*x7 + x10*x11 - x10 + x11*x9 + x5*x6 + x6*x7 - x9);
  const x13 = -weight_bytes;
  const x14 = d_model*(embedding_bytes + x13);
  const x15 = vocab_size*x14;
  const x16 = other_bytes + x13;
  const x17 = n_layer*x16;
  const x18 = n_expert*n_moe_layer;
  const x19 = x16*x18;
  const x20 = d_head*n_head;
  const x21 = n_ff_matrix - 1;
  const x22 = ff_bias*x16;
  const x23 = qkv_bias*x16*(-n_latent_layer + n_layer);
  const x24 = attention_sink*n_head*x17 + d_expert*d_model*n_ff_matrix*x18*(expert_bytes + x13) + 2*d_head*head_norm*x17 + d_model*norm_vectors*x16*(n_layer*n_norm + 1) + d_model*output_bias*x17 + d_model*x19 + n_latent_query_layer*query_rank*x16 + n_params*weight_bytes + n_position*x14 + qkv_bias*x17*x20 + router_bias*x19 + wide_norm*x17*(x20 + x4) + x15*(1 - tied_embeddings) + x15 + x16*x2 + x18*x22*(d_expert*x21 + d_model) + x22*(n_layer - n_moe_layer)*(d_ff*x21 + d_model) + x23*x5 + x23*x7;
  const x25 = -memory_capacity + x12/cache_parts;
  return Math.max((x12 + x24)/memory_capacity, ((x25 < 0) ? -x24/x25 : Infinity));
}
function decode_kv_time({ batch, context, d_head, kv_bytes, memory_bandwidth, n_chip, n_kv_head, n_layer, cache_parts = 1000000000000, d_rope = 0, d_value = d_head, kv_rank = 0, n_latent_layer = 0, n_local_layer = 0, tokens_per_entry = 1, window = context }) {
  const x0 = 1/tokens_per_entry;
  const x1 = context*x0;
  const x2 = d_head*n_kv_head;
  const x3 = n_local_layer*x0*Math.min(context, window);
  const x4 = d_value*n_kv_head;
  const x5 = x1*(-n_latent_layer + n_layer - n_local_layer);
  return batch*kv_bytes*(n_latent_layer*x1*(d_rope + kv_rank) + x2*x3 + x2*x5 + x3*x4 + x4*x5)*Math.max(1, n_chip/cache_parts)/(memory_bandwidth*n_chip);
}
function decode_step_time({ batch, context, d_ff, d_head, d_model, kv_bytes, memory_bandwidth, n_chip, n_ff_matrix, n_head, n_kv_head, n_layer, peak_flops, vocab_size, weight_bytes, cache_parts = 1000000000000, d_expert = 0, d_rope = 0, d_value = d_head, embedding_bytes = weight_bytes, expert_bytes = weight_bytes, kv_rank = 0, layers_per_cache = 1, n_active_expert = 1, n_expert = 1, n_latent_layer = 0, n_latent_query_layer = 0, n_local_layer = 0, n_moe_layer = 0, n_shared_expert = 0, other_bytes = weight_bytes, query_rank = 0, tokens_per_entry = 1, window = context }) {
  const x0 = 1/n_chip;
  const x1 = d_model*vocab_size;
  const x2 = d_model*n_moe_layer;
  const x3 = n_expert*x2;
  const x4 = n_latent_query_layer*query_rank;
  const x5 = d_model*x4;
  const x6 = d_head*n_head;
  const x7 = x4*x6;
  const x8 = d_model*d_value;
  const x9 = n_head*n_layer*x8;
  const x10 = n_latent_layer*(d_rope + kv_rank);
  const x11 = d_model*x10;
  const x12 = d_expert*n_ff_matrix;
  const x13 = x12*x2;
  const x14 = n_shared_expert*x13;
  const x15 = kv_rank*n_head*n_latent_layer;
  const x16 = 1/tokens_per_entry;
  const x17 = context*x16;
  const x18 = d_ff*d_model*n_ff_matrix*(n_layer - n_moe_layer);
  const x19 = -n_layer;
  const x20 = d_model*x6*(-n_latent_query_layer - x19);
  const x21 = x15*(d_head - d_rope + d_value);
  const x22 = x10*x17;
  const x23 = 2*n_head;
  const x24 = n_local_layer*x16*Math.min(context, window);
  const x25 = 2*x6;
  const x26 = d_value*x23;
  const x27 = d_head*n_kv_head;
  const x28 = n_latent_layer + x19;
  const x29 = -x28/layers_per_cache;
  const x30 = d_model*x27*x29;
  const x31 = n_kv_head*x29*x8;
  const x32 = x17*(-n_local_layer - x28);
  const x33 = d_value*n_kv_head;
  const x34 = x0/memory_bandwidth;
  const x35 = -weight_bytes;
  const x36 = x12*x3*(1 - Math.pow(-n_active_expert/n_expert + 1, batch));
  return Math.max(batch*kv_bytes*x34*(x22 + x24*x27 + x24*x33 + x27*x32 + x32*x33)*Math.max(1, n_chip/cache_parts) + x34*(weight_bytes*(x1 + x11 + x14 + x18 + x20 + x21 + x3 + x30 + x31 + x36 + x5 + x7 + x9) + x1*(embedding_bytes + x35) + x3*(other_bytes + x35) + x36*(expert_bytes + x35)), batch*x0*(2*n_active_expert*x13 + 2*x1 + 2*x11 + 2*x14 + 2*x15*x17 + 2*x18 + 2*x20 + 2*x21 + x22*x23 + x24*x25 + x24*x26 + x25*x32 + x26*x32 + 2*x3 + 2*x30 + 2*x31 + 2*x5 + 2*x7 + 2*x9)/peak_flops);
}
function decode_throughput({ batch, context, d_ff, d_head, d_model, kv_bytes, memory_bandwidth, n_chip, n_ff_matrix, n_head, n_kv_head, n_layer, peak_flops, vocab_size, weight_bytes, cache_parts = 1000000000000, d_expert = 0, d_rope = 0, d_value = d_head, embedding_bytes = weight_bytes, expert_bytes = weight_bytes, kv_rank = 0, layers_per_cache = 1, n_active_expert = 1, n_expert = 1, n_latent_layer = 0, n_latent_query_layer = 0, n_local_layer = 0, n_moe_layer = 0, n_shared_expert = 0, other_bytes = weight_bytes, query_rank = 0, tokens_per_entry = 1, window = context }) {
  const x0 = 1/n_chip;
  const x1 = d_model*vocab_size;
  const x2 = d_model*n_moe_layer;
  const x3 = n_expert*x2;
  const x4 = n_latent_query_layer*query_rank;
  const x5 = d_model*x4;
  const x6 = d_head*n_head;
  const x7 = x4*x6;
  const x8 = d_model*d_value;
  const x9 = n_head*n_layer*x8;
  const x10 = n_latent_layer*(d_rope + kv_rank);
  const x11 = d_model*x10;
  const x12 = d_expert*n_ff_matrix;
  const x13 = x12*x2;
  const x14 = n_shared_expert*x13;
  const x15 = kv_rank*n_head*n_latent_layer;
  const x16 = 1/tokens_per_entry;
  const x17 = context*x16;
  const x18 = d_ff*d_model*n_ff_matrix*(n_layer - n_moe_layer);
  const x19 = -n_layer;
  const x20 = d_model*x6*(-n_latent_query_layer - x19);
  const x21 = x15*(d_head - d_rope + d_value);
  const x22 = x10*x17;
  const x23 = 2*n_head;
  const x24 = n_local_layer*x16*Math.min(context, window);
  const x25 = 2*x6;
  const x26 = d_value*x23;
  const x27 = d_head*n_kv_head;
  const x28 = n_latent_layer + x19;
  const x29 = -x28/layers_per_cache;
  const x30 = d_model*x27*x29;
  const x31 = n_kv_head*x29*x8;
  const x32 = x17*(-n_local_layer - x28);
  const x33 = d_value*n_kv_head;
  const x34 = x0/memory_bandwidth;
  const x35 = -weight_bytes;
  const x36 = x12*x3*(1 - Math.pow(-n_active_expert/n_expert + 1, batch));
  return batch/Math.max(batch*kv_bytes*x34*(x22 + x24*x27 + x24*x33 + x27*x32 + x32*x33)*Math.max(1, n_chip/cache_parts) + x34*(weight_bytes*(x1 + x11 + x14 + x18 + x20 + x21 + x3 + x30 + x31 + x36 + x5 + x7 + x9) + x1*(embedding_bytes + x35) + x3*(other_bytes + x35) + x36*(expert_bytes + x35)), batch*x0*(2*n_active_expert*x13 + 2*x1 + 2*x11 + 2*x14 + 2*x15*x17 + 2*x18 + 2*x20 + 2*x21 + x22*x23 + x24*x25 + x24*x26 + x25*x32 + x26*x32 + 2*x3 + 2*x30 + 2*x31 + 2*x5 + 2*x7 + 2*x9)/peak_flops);
}
function decode_weights_time({ batch, d_ff, d_head, d_model, memory_bandwidth, n_chip, n_ff_matrix, n_head, n_kv_head, n_layer, vocab_size, weight_bytes, d_expert = 0, d_rope = 0, d_value = d_head, embedding_bytes = weight_bytes, expert_bytes = weight_bytes, kv_rank = 0, layers_per_cache = 1, n_active_expert = 1, n_expert = 1, n_latent_layer = 0, n_latent_query_layer = 0, n_moe_layer = 0, n_shared_expert = 0, other_bytes = weight_bytes, query_rank = 0 }) {
  const x0 = -weight_bytes;
  const x1 = d_model*vocab_size;
  const x2 = d_model*n_moe_layer;
  const x3 = n_expert*x2;
  const x4 = d_expert*n_ff_matrix;
  const x5 = x3*x4*(1 - Math.pow(-n_active_expert/n_expert + 1, batch));
  const x6 = n_latent_query_layer*query_rank;
  const x7 = d_head*n_head;
  const x8 = d_model*d_value;
  const x9 = -n_layer;
  const x10 = n_kv_head*(-n_latent_layer - x9)/layers_per_cache;
  return (weight_bytes*(d_ff*d_model*n_ff_matrix*(n_layer - n_moe_layer) + d_head*d_model*x10 + d_model*n_latent_layer*(d_rope + kv_rank) + d_model*x6 + d_model*x7*(-n_latent_query_layer - x9) + kv_rank*n_head*n_latent_layer*(d_head - d_rope + d_value) + n_head*n_layer*x8 + n_shared_expert*x2*x4 + x1 + x10*x8 + x3 + x5 + x6*x7) + x1*(embedding_bytes + x0) + x3*(other_bytes + x0) + x5*(expert_bytes + x0))/(memory_bandwidth*n_chip);
}
function kv_bytes_per_token({ context, d_head, kv_bytes, n_kv_head, n_layer, d_rope = 0, d_value = d_head, kv_rank = 0, layers_per_cache = 1, n_latent_layer = 0, n_local_layer = 0, tokens_per_entry = 1, window = context }) {
  const x0 = 1/tokens_per_entry;
  const x1 = n_latent_layer*x0;
  const x2 = n_kv_head/layers_per_cache;
  const x3 = d_head*x2;
  const x4 = n_layer*x0;
  const x5 = d_value*x2;
  const x6 = n_local_layer*x0;
  const x7 = x3*x6;
  const x8 = x5*x6;
  const x9 = Math.min(context, window)/context;
  return kv_bytes*(d_rope*x1 + kv_rank*x1 - x1*x3 - x1*x5 + x3*x4 + x4*x5 + x7*x9 - x7 + x8*x9 - x8);
}
function kv_cache_size({ batch, context, d_head, kv_bytes, n_kv_head, n_layer, d_rope = 0, d_value = d_head, kv_rank = 0, layers_per_cache = 1, n_latent_layer = 0, n_local_layer = 0, tokens_per_entry = 1, window = context }) {
  const x0 = 1/tokens_per_entry;
  const x1 = n_latent_layer*x0;
  const x2 = n_kv_head/layers_per_cache;
  const x3 = d_head*x2;
  const x4 = n_layer*x0;
  const x5 = d_value*x2;
  const x6 = n_local_layer*x0;
  const x7 = x3*x6;
  const x8 = x5*x6;
  const x9 = Math.min(context, window)/context;
  return batch*context*kv_bytes*(d_rope*x1 + kv_rank*x1 - x1*x3 - x1*x5 + x3*x4 + x4*x5 + x7*x9 - x7 + x8*x9 - x8);
}
function kv_to_compute_ratio({ context, d_head, hoi, kv_bytes, n_kv_head, n_layer, n_params, d_rope = 0, d_value = d_head, kv_rank = 0, n_active_params = n_params, n_latent_layer = 0, n_local_layer = 0, tokens_per_entry = 1, window = context }) {
  const x0 = 1/tokens_per_entry;
  const x1 = context*x0;
  const x2 = d_head*n_kv_head;
  const x3 = n_local_layer*x0*Math.min(context, window);
  const x4 = d_value*n_kv_head;
  const x5 = x1*(-n_latent_layer + n_layer - n_local_layer);
  return (1/2)*hoi*kv_bytes*(n_latent_layer*x1*(d_rope + kv_rank) + x2*x3 + x2*x5 + x3*x4 + x4*x5)/n_active_params;
}
function parameter_count({ d_ff, d_head, d_model, n_ff_matrix, n_head, n_kv_head, n_layer, tied_embeddings, vocab_size, attention_sink = 0, d_expert = 0, d_rope = 0, d_value = d_head, ff_bias = 0, head_norm = 0, kv_rank = 0, layers_per_cache = 1, n_expert = 1, n_latent_layer = 0, n_latent_query_layer = 0, n_moe_layer = 0, n_norm = 2, n_position = 0, n_shared_expert = 0, norm_vectors = 1, output_bias = 0, qkv_bias = 0, query_rank = 0, relative_positions = 0, router_bias = 0, wide_norm = 0 }) {
  const x0 = d_model*vocab_size;
  const x1 = kv_rank*n_latent_layer;
  const x2 = n_latent_query_layer*query_rank;
  const x3 = n_head*n_layer;
  const x4 = n_expert*n_moe_layer;
  const x5 = d_model*x4;
  const x6 = d_head*n_head;
  const x7 = d_model*d_value;
  const x8 = d_model*n_ff_matrix;
  const x9 = n_layer - n_moe_layer;
  const x10 = -n_layer;
  const x11 = d_head*n_kv_head;
  const x12 = n_ff_matrix - 1;
  const x13 = (-n_latent_layer - x10)/layers_per_cache;
  const x14 = qkv_bias*x13;
  return attention_sink*x3 + d_expert*n_ff_matrix*x5 + d_expert*n_moe_layer*n_shared_expert*x8 + d_ff*x8*x9 + 2*d_head*head_norm*n_layer + Math.pow(d_model, 2)*n_layer*relative_positions + d_model*n_latent_layer*(d_rope + kv_rank) + d_model*n_layer*output_bias + d_model*n_position + d_model*norm_vectors*(n_layer*n_norm + 1) + d_model*x11*x13 + d_model*x2 + d_model*x6*(-n_latent_query_layer - x10) + d_value*n_kv_head*x14 + ff_bias*x4*(d_expert*x12 + d_model) + ff_bias*x9*(d_ff*x12 + d_model) + n_head*x1*(d_head - d_rope + d_value) + n_kv_head*x13*x7 + n_layer*qkv_bias*x6 + n_layer*wide_norm*(x11 + x6) + router_bias*x4 + x0*(1 - tied_embeddings) + x0 + x1 + x11*x14 + x2*x6 + x2 + x3*x7 + x5;
}
function quantized_bytes({ block_size, element_bits, scale_bytes }) {
  return (1/8)*element_bits + scale_bytes/block_size;
}
function weights_size({ d_ff, d_head, d_model, n_ff_matrix, n_head, n_kv_head, n_layer, n_params, tied_embeddings, vocab_size, weight_bytes, attention_sink = 0, d_expert = 0, d_value = d_head, embedding_bytes = weight_bytes, expert_bytes = weight_bytes, ff_bias = 0, head_norm = 0, kv_rank = 0, layers_per_cache = 1, n_expert = 1, n_latent_layer = 0, n_latent_query_layer = 0, n_moe_layer = 0, n_norm = 2, n_position = 0, norm_vectors = 1, other_bytes = weight_bytes, output_bias = 0, qkv_bias = 0, query_rank = 0, router_bias = 0, wide_norm = 0 }) {
  const x0 = -weight_bytes;
  const x1 = d_model*(embedding_bytes + x0);
  const x2 = vocab_size*x1;
  const x3 = other_bytes + x0;
  const x4 = n_layer*x3;
  const x5 = n_expert*n_moe_layer;
  const x6 = x3*x5;
  const x7 = d_head*n_head;
  const x8 = d_head*n_kv_head;
  const x9 = n_ff_matrix - 1;
  const x10 = ff_bias*x3;
  const x11 = qkv_bias*x3*(-n_latent_layer + n_layer)/layers_per_cache;
  return attention_sink*n_head*x4 + d_expert*d_model*n_ff_matrix*x5*(expert_bytes + x0) + 2*d_head*head_norm*x4 + d_model*norm_vectors*x3*(n_layer*n_norm + 1) + d_model*output_bias*x4 + d_model*x6 + d_value*n_kv_head*x11 + kv_rank*n_latent_layer*x3 + n_latent_query_layer*query_rank*x3 + n_params*weight_bytes + n_position*x1 + qkv_bias*x4*x7 + router_bias*x6 + wide_norm*x4*(x7 + x8) + x10*x5*(d_expert*x9 + d_model) + x10*(n_layer - n_moe_layer)*(d_ff*x9 + d_model) + x11*x8 + x2*(1 - tied_embeddings) + x2;
}
const FORMULAS = { active_parameters, chips_needed, decode_kv_time, decode_step_time, decode_throughput, decode_weights_time, kv_bytes_per_token, kv_cache_size, kv_to_compute_ratio, parameter_count, quantized_bytes, weights_size };
const PLURALS = {"FLOP": "FLOP", "byte": "bytes", "bit": "bits", "s": "s", "h": "h", "day": "days", "USD": "USD", "1": "", "token": "tokens", "sequence": "sequences", "layer": "layers", "head": "heads", "element": "elements", "matrix": "matrices", "parameter": "parameters", "nat": "nats", "step": "steps", "expert": "experts", "norm": "norms", "chip": "chips"};
const PREFIXED = {"byte": "B", "byte/s": "B/s", "byte/token": "B/token", "FLOP/s": "FLOP/s", "s": "s"};

const PREFIX = ["n", "µ", "m", "", "k", "M", "G", "T", "P", "E", "Z", "Y"];

// The same text as lifecost.quantities gives.
function number(value, digits = 3) {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : value < 0 ? "-∞" : "NaN";
  if (value === 0) return "0";
  const [mantissa, power] = value.toExponential(digits - 1).split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= Math.max(6, digits)) return `${mantissa}e${exponent}`;
  const rounded = Number(`${mantissa}e${exponent}`);
  const [whole, part] = rounded.toFixed(Math.max(0, digits - 1 - exponent)).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return part ? `${grouped}.${part}` : grouped;
}

function quantity(value, unit, digits = 3) {
  if (unit === "1") return number(value, digits);
  const size = Math.abs(value);
  const [low, high] = unit === "s" ? [1e-9, 1] : [1e3, 1e27];
  if (!(unit in PREFIXED) || !(size >= low && size < high)) {
    const [head, ...rest] = unit.split("/");
    const plural = [head in PLURALS ? PLURALS[head] : head + "s", ...rest].join("/");
    return `${number(value, digits)} ${value === 1 ? unit : plural}`;
  }
  const exponent = Number(value.toExponential(digits - 1).split("e")[1]);
  const step = Math.min(8, Math.floor(exponent / 3));
  return `${number(value / 10 ** (3 * step), digits)} ${PREFIX[step + 3]}${PREFIXED[unit]}`;
}

function exactly(value) {
  return Number.isInteger(value) && Math.abs(value) < 1e6 ? number(value, 7).replace(/\.0+$/, "")
    : number(value);
}

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// A value from the axis to its place in the SVG, inside or just outside of the frame.
function place([low, high, from, to, log], value) {
  const scale = log ? Math.log10 : Number;
  const share = (scale(value) - scale(low)) / (scale(high) - scale(low));
  return from + Math.min(9, Math.max(-9, share)) * (to - from);
}

const own = (object, name) => Object.prototype.hasOwnProperty.call(object, name);

class Explorer extends HTMLElement {
  connectedCallback() {
    if (this.data) return;
    this.data = JSON.parse(this.querySelector("script").textContent);
    this.controls = new Map(this.data.controls.map((control) => [control.name, control]));
    this.state = new Map(this.data.controls.map((control) => [control.name, control.opening]));
    this.inputs = new Map();
    this.outputs = this.data.outputs.map(([name, unit]) => (
      { name, unit, node: this.querySelector(`output[name="${name}"]`) }));
    this.marks = this.data.marks;
    for (const mark of this.marks) mark.node = this.artist(mark);
    this.equation = this.querySelector(".lifecost-equation");
    this.querySelector(".lifecost-setting").replaceWith(this.form());
    this.update();
  }

  // The node of a mark in the drawing; a bar's base and height are read off it once.
  artist(mark) {
    const group = document.getElementById(`${this.data.figure}-${mark.name}`);
    const node = group.querySelector(mark.kind === "dot" ? "use" : "path");
    if (mark.kind === "bar") {
      const corners = node.getAttribute("d").match(/-?[\d.]+/g).map(Number);
      [mark.left, mark.bottom, mark.top] = [corners[0], corners[1], corners[5]];
    }
    return node;
  }

  // ---- from a setting to what is shown

  // Every symbol that the setting binds, in the order of the controls: Explorer.bind in Python.
  bound() {
    const bound = { ...this.data.fixed };
    for (const [name, control] of this.controls) {
      const value = this.state.get(name);
      if (!control.options) bound[name] = value;
      else for (const [symbol, given] of Object.entries(control.options[value])) {
        bound[symbol] = typeof given === "string" ? bound[given] : given;
      }
    }
    return bound;
  }

  update() {
    const bound = this.bound();
    for (const { name, unit, node } of this.outputs) {
      const value = FORMULAS[name](bound);
      node.dataset.value = value;
      node.textContent = quantity(value, unit);
    }
    for (const mark of this.marks) this.move(mark, { ...bound, ...mark.bind });
    const [{ name, node }] = this.outputs;
    const shown = this.isPlain(name, bound)
      ? `${this.data.equation.replace(/\{(\w+)\}/g, (_, term) => exactly(bound[term]))} = ` : "";
    this.equation.textContent = `${name} = ${shown}${node.textContent}`;
    this.dispatchEvent(new Event("update"));
  }

  // Whether the equation of a plain decoder holds: no variant gives it another number.
  isPlain(name, bound) {
    const value = FORMULAS[name](bound), plain = { ...bound };
    for (const variant of this.data.variants) delete plain[variant];
    return Math.abs(FORMULAS[name](plain) - value) <= 1e-12 * Math.abs(value);
  }

  move(mark, bound) {
    const value = (term) => typeof term !== "string" ? term
      : own(FORMULAS, term) ? FORMULAS[term](bound) : bound[term];
    const point = () => [place(mark.x, value(mark.at[0])).toFixed(2),
      place(mark.y, value(mark.at[1])).toFixed(2)];
    if (mark.kind === "line") {
      const [symbol, values] = mark.over;
      const points = values.map((v) => { bound[symbol] = v; return point().join(" "); });
      mark.node.setAttribute("d", `M ${points.join(" L ")}`);
    } else if (mark.kind === "dot") {
      const [x, y] = point();
      mark.node.setAttribute("x", x);
      mark.node.setAttribute("y", y);
    } else {
      const { left, bottom, top } = mark;
      const end = Math.max(left, point()[0]);
      mark.node.setAttribute("d", `M ${left} ${bottom} L ${end} ${bottom} L ${end} ${top} L ${left} ${top} z`);
    }
  }

  // ---- from what a reader or a link says to a setting

  // The value in a text, or what is wrong with it. Nothing is believed that the control does not offer.
  read(control, text) {
    if (control.options) {
      return own(control.options, text) ? { value: text }
        : { error: `${control.name}: no such choice` };
    }
    const value = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : NaN;
    const fits = value >= control.low && value <= control.high;
    return fits && !(control.whole && value % 1) ? { value } : {
      error: `${control.name} = ${text.slice(0, 20) || "nothing"}: give a `
        + `${control.whole ? "whole " : ""}number from `
        + `${exactly(control.low)} to ${exactly(control.high)}`
        + (control.unit && ` (${control.unit})`) };
  }

  // An input keeps what was typed; an impossible value changes nothing but the line that says so.
  set(name, text, source) {
    const control = this.controls.get(name);
    const { value, error } = this.read(control, text);
    this.problem.textContent = error ?? "";
    const { field, slider } = this.inputs.get(name);
    field.setAttribute("aria-invalid", String(Boolean(error)));
    if (error) return false;
    this.state.set(name, value);
    if (source !== field) field.value = value;
    if (slider) {
      if (source !== slider) slider.value = control.log ? Math.log2(value) : value;
      slider.setAttribute("aria-valuetext", `${exactly(value)} ${control.unit}`);
    }
    this.update();
    return true;
  }

  reset() {
    for (const [name, control] of this.controls) this.set(name, String(control.opening));
  }

  // ---- controls

  form() {
    this.problem = element("p", { class: "lifecost-problem", role: "alert" });
    const rows = [...this.controls.values()].map((control) => this.row(control));
    const button = (label, act) => {
      const node = element("button", { type: "button" }, label);
      node.addEventListener("click", () => act.call(this, node));
      return node;
    };
    const buttons = element("p", { class: "lifecost-buttons" },
      button("Reset", this.reset),
      button("Copy link", (node) => {
        history.replaceState(null, "", `#${this.hash()}`);
        copy(node, location.href);
      }),
      button("Embed", (node) => copy(node, this.frame())),
      button("Copy as Python", (node) => copy(node, this.python())));
    return element("div", { class: "lifecost-controls" }, ...rows, this.problem, buttons);
  }

  row(control) {
    const id = `${this.dataset.name}-${control.name}`;
    const label = element("label", { for: id }, control.label);
    if (control.options) {
      const options = Object.keys(control.options).map((value) =>
        element("option", { value }, control.titles[value]));
      const field = element("select", { id, name: control.name }, ...options);
      field.value = control.opening;
      field.addEventListener("input", () => this.set(control.name, field.value, field));
      this.inputs.set(control.name, { field });
      return element("div", {}, label, field);
    }
    const { low, high, grid, log } = control;
    const field = element("input", { id, name: control.name, type: "number", min: low, max: high,
      step: "any", title: control.meaning, value: control.opening });
    const slider = element("input", { type: "range", "aria-label": `${control.label}, slider`,
      min: log ? Math.log2(low) : low, max: log ? Math.log2(high) : high, step: "any" });
    slider.value = log ? Math.log2(control.opening) : control.opening;
    field.addEventListener("input", () => this.set(control.name, field.value, field));
    slider.addEventListener("input", () => {
      // Sliders stop on a grid of round numbers, and at both ends.
      const at = Math.round(Number(slider.value) / grid) * grid;
      const value = control.whole ? Math.round(log ? 2 ** at : at)
        : Number((log ? 2 ** at : at).toPrecision(log && at % 1 ? 3 : 12));
      this.set(control.name, String(Math.min(high, Math.max(low, value))), slider);
    });
    this.inputs.set(control.name, { field, slider });
    return element("div", {}, label, slider, field);
  }

  // ---- links and code

  hash() {
    const query = [...this.state].map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    return `${this.dataset.name}?${query.join("&")}`;
  }

  // One line for slides or a course page: this setting, alone, from the site that this page is of.
  frame() {
    const root = new URL(document.documentElement.dataset.content_root ?? "../", location.href);
    return element("iframe", { src: new URL(`embed/${this.dataset.name}.html#${this.hash()}`, root),
      title: this.querySelector(".lifecost-title").textContent, width: "100%",
      height: this.offsetHeight + 80, loading: "lazy", allow: "clipboard-write",
      style: "border: 0" }).outerHTML;
  }

  python() {
    const name = this.dataset.name.replaceAll("-", "_");
    const { imports, object } = this.origin
      ?? { imports: `from lifebook.explorer.gallery import ${name}`, object: name };
    const value = (v) => typeof v === "string" ? JSON.stringify(v) : String(v);
    const setting = [...this.state].map(([key, v]) => `${key}=${value(v)}`).join(", ");
    return `${imports}\n\nprint(${object}(${setting}))`;
  }

  open(query) {
    for (const [name, text] of new URLSearchParams(query)) {
      const control = this.controls.get(name);
      if (control && !this.read(control, text).error) this.set(name, text);
    }
    if (!this.closest(".embed")) this.scrollIntoView(); // a page must not jump to a frame in it
  }
}

// Where the clipboard is closed to pages, as on file: and in some frames, the text is shown to be copied by hand.
function copy(button, text) {
  const done = (label) => {
    const old = button.dataset.label ??= button.textContent;
    button.textContent = label;
    setTimeout(() => { button.textContent = old; }, 1500);
  };
  const byHand = () => {
    const box = element("textarea", { readonly: "", rows: 4, "aria-label": "Text to copy" });
    box.value = text;
    button.closest(".lifecost-controls").append(box);
    box.select();
  };
  const closed = document.featurePolicy?.allowsFeature("clipboard-write") === false; // by a frame
  if (closed || !navigator.clipboard) byHand();
  else navigator.clipboard.writeText(text).then(() => done("Copied"), byHand);
}

// #kv-cache?model=llama-3-8b&batch=64 opens that setting.
function openLink() {
  const [name, query] = location.hash.slice(1, 2000).split("?", 2);
  const found = query && [...document.querySelectorAll("lifecost-explorer")]
    .find((explorer) => explorer.dataset.name === name);
  if (found) found.open(query);
}

customElements.define("lifecost-explorer", Explorer);
addEventListener("hashchange", openLink);
openLink();
const RULES = {"llama": {"architecture": ["ForCausalLM"], "default": {"num_key_value_heads": null, "head_dim": null, "tie_word_embeddings": false, "attention_bias": false, "mlp_bias": false}, "only": {"text_config": [null], "draft_vocab_size": [null]}, "symbols": [["n_layer", {"field": "num_hidden_layers"}], ["d_model", {"field": "hidden_size"}], ["n_ff_matrix", {"value": 3}], ["d_ff", {"field": "intermediate_size"}], ["n_head", {"field": "num_attention_heads"}], ["n_kv_head", {"field": "num_key_value_heads", "null": "n_head"}], ["d_head", {"field": "head_dim", "null": "d_model / n_head"}], ["vocab_size", {"field": "vocab_size"}], ["tied_embeddings", {"flag": "tie_word_embeddings"}], ["qkv_bias", {"flag": "attention_bias"}], ["output_bias", {"flag": "attention_bias"}], ["ff_bias", {"flag": "mlp_bias"}]]}, "mistral": {"architecture": ["ForCausalLM"], "default": {"num_key_value_heads": 8, "head_dim": null, "tie_word_embeddings": false, "attention_bias": false, "mlp_bias": false, "sliding_window": 4096}, "only": {"text_config": [null], "draft_vocab_size": [null], "layer_types": [null]}, "symbols": [["n_layer", {"field": "num_hidden_layers"}], ["d_model", {"field": "hidden_size"}], ["n_ff_matrix", {"value": 3}], ["d_ff", {"field": "intermediate_size"}], ["n_head", {"field": "num_attention_heads"}], ["n_kv_head", {"field": "num_key_value_heads", "null": "n_head"}], ["d_head", {"field": "head_dim", "null": "d_model / n_head"}], ["vocab_size", {"field": "vocab_size"}], ["tied_embeddings", {"flag": "tie_word_embeddings"}], ["qkv_bias", {"value": 0}], ["output_bias", {"value": 0}], ["ff_bias", {"value": 0}], ["n_local_layer", {"layers": "all", "given": "sliding_window"}], ["window", {"field": "sliding_window", "with": "n_local_layer"}]]}, "mixtral": {"architecture": ["ForCausalLM"], "default": {"num_key_value_heads": 8, "head_dim": null, "tie_word_embeddings": false, "attention_bias": false, "mlp_bias": false, "sliding_window": null, "num_local_experts": 8, "num_experts_per_tok": 2}, "only": {"text_config": [null], "draft_vocab_size": [null], "layer_types": [null]}, "alias": {"num_experts": "num_local_experts"}, "symbols": [["n_layer", {"field": "num_hidden_layers"}], ["d_model", {"field": "hidden_size"}], ["n_ff_matrix", {"value": 3}], ["d_ff", {"field": "intermediate_size"}], ["n_head", {"field": "num_attention_heads"}], ["n_kv_head", {"field": "num_key_value_heads", "null": "n_head"}], ["d_head", {"field": "head_dim", "null": "d_model / n_head"}], ["vocab_size", {"field": "vocab_size"}], ["tied_embeddings", {"flag": "tie_word_embeddings"}], ["qkv_bias", {"value": 0}], ["output_bias", {"value": 0}], ["ff_bias", {"value": 0}], ["n_local_layer", {"layers": "all", "given": "sliding_window"}], ["window", {"field": "sliding_window", "with": "n_local_layer"}], ["n_moe_layer", {"layers": "all"}], ["n_expert", {"field": "num_local_experts"}], ["n_active_expert", {"field": "num_experts_per_tok"}], ["d_expert", {"field": "intermediate_size"}]]}, "qwen2": {"architecture": ["ForCausalLM"], "default": {"num_key_value_heads": 32, "head_dim": null, "tie_word_embeddings": false, "attention_bias": false, "mlp_bias": false, "use_sliding_window": false, "sliding_window": 4096, "max_window_layers": 28, "layer_types": null}, "only": {"text_config": [null], "draft_vocab_size": [null]}, "symbols": [["n_layer", {"field": "num_hidden_layers"}], ["d_model", {"field": "hidden_size"}], ["n_ff_matrix", {"value": 3}], ["d_ff", {"field": "intermediate_size"}], ["n_head", {"field": "num_attention_heads"}], ["n_kv_head", {"field": "num_key_value_heads", "null": "n_head"}], ["d_head", {"field": "head_dim", "null": "d_model / n_head"}], ["vocab_size", {"field": "vocab_size"}], ["tied_embeddings", {"flag": "tie_word_embeddings"}], ["qkv_bias", {"value": 1}], ["output_bias", {"value": 0}], ["ff_bias", {"value": 0}], ["n_local_layer", {"layers": "some", "from": "max_window_layers", "listed": "layer_types", "kind": "sliding_attention", "when": "use_sliding_window", "given": "sliding_window"}], ["window", {"field": "sliding_window", "with": "n_local_layer"}]]}, "qwen3": {"architecture": ["ForCausalLM"], "default": {"num_key_value_heads": 32, "head_dim": 128, "tie_word_embeddings": false, "attention_bias": false, "mlp_bias": false, "use_sliding_window": false, "sliding_window": 4096, "max_window_layers": 28, "layer_types": null}, "only": {"text_config": [null], "draft_vocab_size": [null]}, "symbols": [["n_layer", {"field": "num_hidden_layers"}], ["d_model", {"field": "hidden_size"}], ["n_ff_matrix", {"value": 3}], ["d_ff", {"field": "intermediate_size"}], ["n_head", {"field": "num_attention_heads"}], ["n_kv_head", {"field": "num_key_value_heads", "null": "n_head"}], ["d_head", {"field": "head_dim"}], ["vocab_size", {"field": "vocab_size"}], ["tied_embeddings", {"flag": "tie_word_embeddings"}], ["qkv_bias", {"flag": "attention_bias"}], ["output_bias", {"flag": "attention_bias"}], ["ff_bias", {"value": 0}], ["n_local_layer", {"layers": "some", "from": "max_window_layers", "listed": "layer_types", "kind": "sliding_attention", "when": "use_sliding_window", "given": "sliding_window"}], ["window", {"field": "sliding_window", "with": "n_local_layer"}], ["head_norm", {"value": 1}]]}, "qwen3_moe": {"architecture": ["ForCausalLM"], "default": {"num_key_value_heads": 4, "head_dim": null, "tie_word_embeddings": false, "attention_bias": false, "mlp_bias": false, "use_sliding_window": false, "sliding_window": 4096, "max_window_layers": 28, "layer_types": null, "decoder_sparse_step": 1, "mlp_only_layers": null, "num_experts": 128, "num_experts_per_tok": 8, "moe_intermediate_size": 768}, "only": {"text_config": [null], "draft_vocab_size": [null], "layer_types": [null]}, "alias": {"num_local_experts": "num_experts"}, "symbols": [["n_layer", {"field": "num_hidden_layers"}], ["d_model", {"field": "hidden_size"}], ["n_ff_matrix", {"value": 3}], ["d_ff", {"field": "intermediate_size"}], ["n_head", {"field": "num_attention_heads"}], ["n_kv_head", {"field": "num_key_value_heads"}], ["d_head", {"field": "head_dim", "null": "d_model / n_head"}], ["vocab_size", {"field": "vocab_size"}], ["tied_embeddings", {"flag": "tie_word_embeddings"}], ["qkv_bias", {"flag": "attention_bias"}], ["output_bias", {"flag": "attention_bias"}], ["ff_bias", {"value": 0}], ["n_local_layer", {"layers": "all", "when": "use_sliding_window", "given": "sliding_window"}], ["window", {"field": "sliding_window", "with": "n_local_layer"}], ["head_norm", {"value": 1}], ["n_moe_layer", {"layers": "some", "every": "decoder_sparse_step", "except": "mlp_only_layers"}], ["n_expert", {"field": "num_experts", "with": "n_moe_layer"}], ["n_active_expert", {"field": "num_experts_per_tok", "with": "n_moe_layer"}], ["d_expert", {"field": "moe_intermediate_size", "with": "n_moe_layer"}]]}, "gemma2": {"architecture": ["ForCausalLM"], "default": {"num_key_value_heads": 4, "head_dim": 256, "tie_word_embeddings": true, "attention_bias": false, "mlp_bias": false, "sliding_window": 4096, "layer_types": null}, "only": {"text_config": [null], "draft_vocab_size": [null]}, "symbols": [["n_layer", {"field": "num_hidden_layers"}], ["d_model", {"field": "hidden_size"}], ["n_ff_matrix", {"value": 3}], ["d_ff", {"field": "intermediate_size"}], ["n_head", {"field": "num_attention_heads"}], ["n_kv_head", {"field": "num_key_value_heads"}], ["d_head", {"field": "head_dim"}], ["vocab_size", {"field": "vocab_size"}], ["tied_embeddings", {"flag": "tie_word_embeddings"}], ["qkv_bias", {"flag": "attention_bias"}], ["output_bias", {"flag": "attention_bias"}], ["ff_bias", {"value": 0}], ["n_norm", {"value": 4}], ["n_local_layer", {"layers": "some", "but_every": 2, "listed": "layer_types", "kind": "sliding_attention", "given": "sliding_window"}], ["window", {"field": "sliding_window", "with": "n_local_layer"}]]}, "gemma3_text": {"architecture": ["ForCausalLM"], "default": {"num_key_value_heads": 4, "head_dim": 256, "tie_word_embeddings": true, "attention_bias": false, "mlp_bias": false, "sliding_window": 4096, "layer_types": null, "vocab_size": 262208, "num_attention_heads": 8, "sliding_window_pattern": 6}, "only": {"text_config": [null], "draft_vocab_size": [null], "use_bidirectional_attention": [false, null]}, "symbols": [["n_layer", {"field": "num_hidden_layers"}], ["d_model", {"field": "hidden_size"}], ["n_ff_matrix", {"value": 3}], ["d_ff", {"field": "intermediate_size"}], ["n_head", {"field": "num_attention_heads"}], ["n_kv_head", {"field": "num_key_value_heads"}], ["d_head", {"field": "head_dim"}], ["vocab_size", {"field": "vocab_size"}], ["tied_embeddings", {"flag": "tie_word_embeddings"}], ["qkv_bias", {"flag": "attention_bias"}], ["output_bias", {"flag": "attention_bias"}], ["ff_bias", {"value": 0}], ["n_norm", {"value": 4}], ["n_local_layer", {"layers": "some", "but_every": "sliding_window_pattern", "listed": "layer_types", "kind": "sliding_attention", "given": "sliding_window"}], ["window", {"field": "sliding_window", "with": "n_local_layer"}], ["head_norm", {"value": 1}]]}, "gemma3": {"architecture": ["ForConditionalGeneration", "ForCausalLM"], "default": {"num_key_value_heads": 4, "head_dim": 256, "tie_word_embeddings": true, "attention_bias": false, "mlp_bias": false, "sliding_window": 4096, "layer_types": null, "vocab_size": 262208, "num_attention_heads": 8, "sliding_window_pattern": 6, "hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 26}, "only": {"text_config": [null], "draft_vocab_size": [null], "use_bidirectional_attention": [false, null], "model_type": ["gemma3_text"]}, "within": "text_config", "outside": {"tie_word_embeddings": true}, "note": "Text only: the vision tower is not counted.", "symbols": [["n_layer", {"field": "num_hidden_layers"}], ["d_model", {"field": "hidden_size"}], ["n_ff_matrix", {"value": 3}], ["d_ff", {"field": "intermediate_size"}], ["n_head", {"field": "num_attention_heads"}], ["n_kv_head", {"field": "num_key_value_heads"}], ["d_head", {"field": "head_dim"}], ["vocab_size", {"field": "vocab_size"}], ["tied_embeddings", {"flag": "tie_word_embeddings"}], ["qkv_bias", {"flag": "attention_bias"}], ["output_bias", {"flag": "attention_bias"}], ["ff_bias", {"value": 0}], ["n_norm", {"value": 4}], ["n_local_layer", {"layers": "some", "but_every": "sliding_window_pattern", "listed": "layer_types", "kind": "sliding_attention", "given": "sliding_window"}], ["window", {"field": "sliding_window", "with": "n_local_layer"}], ["head_norm", {"value": 1}]]}, "olmo2": {"architecture": ["ForCausalLM"], "default": {"num_key_value_heads": null, "head_dim": null, "tie_word_embeddings": false, "attention_bias": false, "mlp_bias": false}, "only": {"text_config": [null], "draft_vocab_size": [null]}, "symbols": [["n_layer", {"field": "num_hidden_layers"}], ["d_model", {"field": "hidden_size"}], ["n_ff_matrix", {"value": 3}], ["d_ff", {"field": "intermediate_size"}], ["n_head", {"field": "num_attention_heads"}], ["n_kv_head", {"field": "num_key_value_heads", "null": "n_head"}], ["d_head", {"field": "head_dim", "null": "d_model / n_head"}], ["vocab_size", {"field": "vocab_size"}], ["tied_embeddings", {"flag": "tie_word_embeddings"}], ["qkv_bias", {"flag": "attention_bias"}], ["output_bias", {"flag": "attention_bias"}], ["ff_bias", {"value": 0}], ["wide_norm", {"value": 1}]]}, "deepseek_v2": {"architecture": ["ForCausalLM"], "default": {"num_key_value_heads": null, "head_dim": null, "tie_word_embeddings": false, "attention_bias": false, "mlp_bias": false, "q_lora_rank": 1536, "first_k_dense_replace": 0}, "only": {"text_config": [null], "draft_vocab_size": [null], "attention_bias": [false], "mlp_bias": [false], "moe_layer_freq": [1], "use_mla": [true]}, "alias": {"num_experts": "n_routed_experts"}, "same": {"n_kv_head": "num_key_value_heads"}, "symbols": [["n_layer", {"field": "num_hidden_layers"}], ["d_model", {"field": "hidden_size"}], ["n_ff_matrix", {"value": 3}], ["d_ff", {"field": "intermediate_size"}], ["n_head", {"field": "num_attention_heads"}], ["n_kv_head", {"value": "n_head"}], ["d_head", {"sum": ["qk_nope_head_dim", "qk_rope_head_dim"]}], ["vocab_size", {"field": "vocab_size"}], ["tied_embeddings", {"flag": "tie_word_embeddings"}], ["qkv_bias", {"flag": "attention_bias"}], ["output_bias", {"flag": "attention_bias"}], ["ff_bias", {"flag": "mlp_bias"}], ["d_value", {"field": "v_head_dim"}], ["n_latent_layer", {"layers": "all"}], ["kv_rank", {"field": "kv_lora_rank"}], ["d_rope", {"field": "qk_rope_head_dim"}], ["n_latent_query_layer", {"layers": "all", "given": "q_lora_rank"}], ["query_rank", {"field": "q_lora_rank", "with": "n_latent_query_layer"}], ["n_moe_layer", {"layers": "some", "from": "first_k_dense_replace"}], ["n_expert", {"field": "n_routed_experts", "with": "n_moe_layer"}], ["n_active_expert", {"field": "num_experts_per_tok", "with": "n_moe_layer"}], ["n_shared_expert", {"field": "n_shared_experts", "null": 0, "with": "n_moe_layer"}], ["d_expert", {"field": "moe_intermediate_size", "with": "n_moe_layer"}]]}, "deepseek_v3": {"architecture": ["ForCausalLM"], "default": {"num_key_value_heads": null, "head_dim": null, "tie_word_embeddings": false, "attention_bias": false, "mlp_bias": false, "q_lora_rank": 1536, "first_k_dense_replace": 3}, "only": {"text_config": [null], "draft_vocab_size": [null], "attention_bias": [false], "mlp_bias": [false], "moe_layer_freq": [1], "use_mla": [true], "topk_method": ["noaux_tc", null]}, "alias": {"num_local_experts": "n_routed_experts"}, "same": {"n_kv_head": "num_key_value_heads"}, "note": "Without the module for multi-token prediction, as published.", "symbols": [["n_layer", {"field": "num_hidden_layers"}], ["d_model", {"field": "hidden_size"}], ["n_ff_matrix", {"value": 3}], ["d_ff", {"field": "intermediate_size"}], ["n_head", {"field": "num_attention_heads"}], ["n_kv_head", {"value": "n_head"}], ["d_head", {"sum": ["qk_nope_head_dim", "qk_rope_head_dim"]}], ["vocab_size", {"field": "vocab_size"}], ["tied_embeddings", {"flag": "tie_word_embeddings"}], ["qkv_bias", {"flag": "attention_bias"}], ["output_bias", {"flag": "attention_bias"}], ["ff_bias", {"flag": "mlp_bias"}], ["d_value", {"field": "v_head_dim"}], ["n_latent_layer", {"layers": "all"}], ["kv_rank", {"field": "kv_lora_rank"}], ["d_rope", {"field": "qk_rope_head_dim"}], ["n_latent_query_layer", {"layers": "all", "given": "q_lora_rank"}], ["query_rank", {"field": "q_lora_rank", "with": "n_latent_query_layer"}], ["n_moe_layer", {"layers": "some", "from": "first_k_dense_replace"}], ["n_expert", {"field": "n_routed_experts", "with": "n_moe_layer"}], ["n_active_expert", {"field": "num_experts_per_tok", "with": "n_moe_layer"}], ["n_shared_expert", {"field": "n_shared_experts", "null": 0, "with": "n_moe_layer"}], ["d_expert", {"field": "moe_intermediate_size", "with": "n_moe_layer"}], ["router_bias", {"value": 1, "with": "n_moe_layer"}]]}, "kimi_k2": {"architecture": ["ForCausalLM"], "default": {"num_key_value_heads": null, "head_dim": null, "tie_word_embeddings": false, "attention_bias": false, "mlp_bias": false, "q_lora_rank": 1536, "first_k_dense_replace": 3}, "only": {"text_config": [null], "draft_vocab_size": [null], "attention_bias": [false], "mlp_bias": [false], "moe_layer_freq": [1], "use_mla": [true], "topk_method": ["noaux_tc", null]}, "alias": {"num_local_experts": "n_routed_experts"}, "same": {"n_kv_head": "num_key_value_heads"}, "note": "Without the module for multi-token prediction, as published.", "symbols": [["n_layer", {"field": "num_hidden_layers"}], ["d_model", {"field": "hidden_size"}], ["n_ff_matrix", {"value": 3}], ["d_ff", {"field": "intermediate_size"}], ["n_head", {"field": "num_attention_heads"}], ["n_kv_head", {"value": "n_head"}], ["d_head", {"sum": ["qk_nope_head_dim", "qk_rope_head_dim"]}], ["vocab_size", {"field": "vocab_size"}], ["tied_embeddings", {"flag": "tie_word_embeddings"}], ["qkv_bias", {"flag": "attention_bias"}], ["output_bias", {"flag": "attention_bias"}], ["ff_bias", {"flag": "mlp_bias"}], ["d_value", {"field": "v_head_dim"}], ["n_latent_layer", {"layers": "all"}], ["kv_rank", {"field": "kv_lora_rank"}], ["d_rope", {"field": "qk_rope_head_dim"}], ["n_latent_query_layer", {"layers": "all", "given": "q_lora_rank"}], ["query_rank", {"field": "q_lora_rank", "with": "n_latent_query_layer"}], ["n_moe_layer", {"layers": "some", "from": "first_k_dense_replace"}], ["n_expert", {"field": "n_routed_experts", "with": "n_moe_layer"}], ["n_active_expert", {"field": "num_experts_per_tok", "with": "n_moe_layer"}], ["n_shared_expert", {"field": "n_shared_experts", "null": 0, "with": "n_moe_layer"}], ["d_expert", {"field": "moe_intermediate_size", "with": "n_moe_layer"}], ["router_bias", {"value": 1, "with": "n_moe_layer"}]]}, "gpt_oss": {"architecture": ["ForCausalLM"], "default": {"num_key_value_heads": 8, "head_dim": 64, "tie_word_embeddings": false, "attention_bias": true, "mlp_bias": false, "sliding_window": 128, "layer_types": null, "num_local_experts": 128, "num_experts_per_tok": 4}, "only": {"text_config": [null], "draft_vocab_size": [null]}, "alias": {"num_experts": "num_local_experts"}, "symbols": [["n_layer", {"field": "num_hidden_layers"}], ["d_model", {"field": "hidden_size"}], ["n_ff_matrix", {"value": 3}], ["d_ff", {"field": "intermediate_size"}], ["n_head", {"field": "num_attention_heads"}], ["n_kv_head", {"field": "num_key_value_heads", "null": "n_head"}], ["d_head", {"field": "head_dim", "null": "d_model / n_head"}], ["vocab_size", {"field": "vocab_size"}], ["tied_embeddings", {"flag": "tie_word_embeddings"}], ["qkv_bias", {"flag": "attention_bias"}], ["output_bias", {"flag": "attention_bias"}], ["ff_bias", {"value": 1}], ["router_bias", {"value": 1}], ["attention_sink", {"value": 1}], ["n_local_layer", {"layers": "some", "but_every": 2, "listed": "layer_types", "kind": "sliding_attention", "given": "sliding_window"}], ["window", {"field": "sliding_window", "with": "n_local_layer"}], ["n_moe_layer", {"layers": "all"}], ["n_expert", {"field": "num_local_experts"}], ["n_active_expert", {"field": "num_experts_per_tok"}], ["d_expert", {"field": "intermediate_size"}]]}, "gpt2": {"architecture": ["LMHeadModel", "ForCausalLM"], "alias": {"hidden_size": "n_embd", "num_hidden_layers": "n_layer", "num_attention_heads": "n_head", "max_position_embeddings": "n_positions"}, "default": {"n_layer": 12, "n_embd": 768, "n_head": 12, "n_inner": null, "vocab_size": 50257, "n_positions": 1024, "tie_word_embeddings": true}, "only": {"text_config": [null], "add_cross_attention": [false]}, "symbols": [["n_layer", {"field": "n_layer"}], ["d_model", {"field": "n_embd"}], ["n_ff_matrix", {"value": 2}], ["d_ff", {"field": "n_inner", "null": "4 * d_model"}], ["n_head", {"field": "n_head"}], ["n_kv_head", {"value": "n_head"}], ["d_head", {"value": "d_model / n_head"}], ["vocab_size", {"field": "vocab_size"}], ["tied_embeddings", {"flag": "tie_word_embeddings"}], ["norm_vectors", {"value": 2}], ["qkv_bias", {"value": 1}], ["output_bias", {"value": 1}], ["ff_bias", {"value": 1}], ["n_position", {"field": "n_positions"}]]}, "opt": {"architecture": ["ForCausalLM"], "default": {"max_position_embeddings": 2048, "tie_word_embeddings": true, "enable_bias": true}, "only": {"text_config": [null], "do_layer_norm_before": [true], "_remove_final_layer_norm": [false], "layer_norm_elementwise_affine": [true]}, "same": {"d_model": "word_embed_proj_dim"}, "symbols": [["n_layer", {"field": "num_hidden_layers"}], ["d_model", {"field": "hidden_size"}], ["n_ff_matrix", {"value": 2}], ["d_ff", {"field": "ffn_dim"}], ["n_head", {"field": "num_attention_heads"}], ["n_kv_head", {"value": "n_head"}], ["d_head", {"value": "d_model / n_head"}], ["vocab_size", {"field": "vocab_size"}], ["tied_embeddings", {"flag": "tie_word_embeddings"}], ["norm_vectors", {"value": 2}], ["qkv_bias", {"flag": "enable_bias"}], ["output_bias", {"flag": "enable_bias"}], ["ff_bias", {"flag": "enable_bias"}], ["n_position", {"field": "max_position_embeddings", "plus": 2}]]}};
const LIMITS = {"symbols": {"attention_sink": {"low": 0, "high": 1, "meaning": "1 where each head has a learned sink, else 0", "absent": 0}, "d_expert": {"low": 0, "high": 100000000, "meaning": "width inside one expert", "absent": 0}, "d_ff": {"low": 1, "high": 100000000, "meaning": "width inside the feed-forward network"}, "d_head": {"low": 1, "high": 100000, "meaning": "width of one attention head"}, "d_model": {"low": 1, "high": 10000000, "meaning": "width of the residual stream"}, "d_rope": {"low": 0, "high": 100000000, "meaning": "width of the rotary key that latent attention's heads share", "absent": 0}, "d_value": {"low": 1, "high": 100000000, "meaning": "width of one head's values", "absent": "d_head"}, "ff_bias": {"low": 0, "high": 1, "meaning": "1 where the feed-forward matrices have biases, else 0", "absent": 0}, "head_norm": {"low": 0, "high": 1, "meaning": "1 where queries and keys are normalized head by head, else 0", "absent": 0}, "kv_rank": {"low": 0, "high": 100000000, "meaning": "width of the latent that keys and values come from", "absent": 0}, "n_active_expert": {"low": 1, "high": 100000000, "meaning": "routed experts that serve a token", "absent": 1}, "n_expert": {"low": 1, "high": 100000000, "meaning": "routed experts in such a layer", "absent": 1}, "n_ff_matrix": {"low": 2, "high": 3, "meaning": "matrices of the feed-forward network: 3 where it is gated, 2 where it is plain"}, "n_head": {"low": 1, "high": 100000, "meaning": "query heads in a layer"}, "n_kv_head": {"low": 1, "high": 100000, "meaning": "key-value heads in a layer"}, "n_latent_layer": {"low": 0, "high": 100000000, "meaning": "layers with multi-head latent attention", "absent": 0}, "n_latent_query_layer": {"low": 0, "high": 100000000, "meaning": "layers whose queries come from a latent", "absent": 0}, "n_layer": {"low": 1, "high": 100000, "meaning": "transformer layers"}, "n_local_layer": {"low": 0, "high": 100000000, "meaning": "layers that attend to a window of the context", "absent": 0}, "n_moe_layer": {"low": 0, "high": 100000000, "meaning": "layers with a mixture of experts", "absent": 0}, "n_norm": {"low": 1, "high": 8, "meaning": "normalizations in a layer", "absent": 2}, "n_position": {"low": 0, "high": 100000000, "meaning": "learned positions", "absent": 0}, "n_shared_expert": {"low": 0, "high": 100000000, "meaning": "experts that serve every token", "absent": 0}, "norm_vectors": {"low": 0, "high": 2, "meaning": "vectors of a normalization: 1 is a gain, 2 a gain and a bias", "absent": 1}, "output_bias": {"low": 0, "high": 1, "meaning": "1 where the output projection has a bias, else 0", "absent": 0}, "qkv_bias": {"low": 0, "high": 1, "meaning": "1 where queries, keys and values have biases, else 0", "absent": 0}, "query_rank": {"low": 0, "high": 100000000, "meaning": "width of the latent that queries come from", "absent": 0}, "router_bias": {"low": 0, "high": 1, "meaning": "1 where the router has a bias for each expert, else 0", "absent": 0}, "tied_embeddings": {"low": 0, "high": 1, "meaning": "1 where input and output embedding are one table, else 0"}, "vocab_size": {"low": 1, "high": 100000000, "meaning": "entries of the vocabulary"}, "wide_norm": {"low": 0, "high": 1, "meaning": "1 where queries and keys are normalized across heads, else 0", "absent": 0}, "window": {"low": 1, "high": 1000000000000, "meaning": "tokens that a layer with a window attends to", "absent": "context"}}, "divides": [["n_kv_head", "n_head", "each key-value head serves a whole group of query heads"], ["layers_per_cache", "n_layer", "as many layers of each kind share every cache"], ["layers_per_cache", "n_local_layer", "as many layers of each kind share every cache"], ["layers_per_cache", "n_latent_layer", "as many layers of each kind share every cache"]], "at_most": [[["n_local_layer", "n_latent_layer"], "n_layer", "each layer attends in one way"], [["n_latent_query_layer"], "n_layer", "they are among the model's layers"], [["n_moe_layer"], "n_layer", "they are among the model's layers"], [["n_active_expert"], "n_expert", "a token is served by some of the experts"], [["n_active_params"], "n_params", "they are among the model's parameters"], [["d_rope"], "d_head", "it is part of the width of a head"]], "pairs": [["n_local_layer", "window"], ["n_latent_layer", "kv_rank"], ["n_latent_query_layer", "query_rank"], ["n_moe_layer", "n_expert"], ["n_moe_layer", "d_expert"]], "kinds": ["sliding_attention", "full_attention"], "longest": 1000000000000000, "number": 1000000000000, "model": 1000000000000000, "file": 1000000};
const FORMATS = {"usual_bits": 16, "dtypes": {"float32": {"format": "fp32", "bits": 32}, "float16": {"format": "fp16", "bits": 16}, "bfloat16": {"format": "bf16", "bits": 16}}, "methods": {"awq": {"bits": "bits", "widths": [4], "block": "group_size", "scale_bits": 16, "zeros": "zero_point", "keep": ["modules_to_not_convert"]}, "gptq": {"bits": "bits", "widths": [2, 3, 4, 8], "block": "group_size", "scale_bits": 16, "zeros": true, "head": "lm_head", "refuse": ["dynamic"]}, "fp8": {"bits": 8, "block": "weight_block_size", "scale_bits": 32, "keep": ["modules_to_not_convert"], "refuse": ["quantized_layers"]}, "fbgemm_fp8": {"bits": 8, "keep": ["modules_to_not_convert"], "format": "fp8"}, "mxfp4": {"bits": 4, "block": 32, "scale_bits": 8, "keep": ["modules_to_not_convert"], "parts": "experts"}, "bitsandbytes": {"choice": "load_in_8bit", "true": {"bits": 8, "keep": ["llm_int8_skip_modules"], "format": "int8"}, "false": {"choice": "load_in_4bit", "true": {"choice": "bnb_4bit_use_double_quant", "false": {"bits": 4, "block": 64, "scale_bits": 32, "keep": ["llm_int8_skip_modules"], "format": "nf4"}, "true": {"bits": 4, "block": 64, "scale_bits": 8.125, "keep": ["llm_int8_skip_modules"], "format": "nf4"}}}}, "modelopt": {"choice": "quant_algo", "FP8": {"bits": 8, "keep": ["ignore", "exclude_modules"], "head": true, "format": "fp8"}, "NVFP4": {"bits": 4, "block": 16, "scale_bits": 8, "keep": ["ignore", "exclude_modules"], "head": true, "format": "nvfp4"}}, "mlx": {"choice": "mode", "usual": "affine", "affine": {"bits": "bits", "widths": [2, 3, 4, 5, 6, 8], "block": "group_size", "scale_bits": 32, "parts": "all", "format": "MLX"}, "mxfp4": {"bits": 4, "block": 32, "scale_bits": 8, "parts": "all", "format": "mxfp4"}, "nvfp4": {"bits": 4, "block": 16, "scale_bits": 8, "parts": "all", "format": "nvfp4"}}, "compressed-tensors": {"bits": "num_bits", "widths": [2, 3, 4, 6, 8], "block": "group_size", "scale_bits": 16, "keep": ["ignore"], "head": true}}, "modules": [{"row": "query", "names": [["self_attn.q_proj", "self_attn.qkv_proj"]], "part": "weight_bytes"}, {"row": "query latent", "names": [["self_attn.q_a_proj", "self_attn.fused_qkv_a_proj"]], "part": "weight_bytes"}, {"row": "query from latent", "names": [["self_attn.q_b_proj"]], "part": "weight_bytes"}, {"row": "key", "names": [["self_attn.k_proj", "self_attn.qkv_proj"]], "part": "weight_bytes"}, {"row": "value", "names": [["self_attn.v_proj", "self_attn.qkv_proj"]], "part": "weight_bytes"}, {"row": "latent", "names": [["self_attn.kv_a_proj_with_mqa", "self_attn.fused_qkv_a_proj"]], "part": "weight_bytes"}, {"row": "key and value from latent", "names": [["self_attn.kv_b_proj"]], "part": "weight_bytes"}, {"row": "output", "names": [["self_attn.o_proj"]], "part": "weight_bytes"}, {"row": "feed-forward", "layers": "dense", "names": [["mlp.gate_proj", "mlp.gate_up_proj"], ["mlp.up_proj", "mlp.gate_up_proj"], ["mlp.down_proj"]], "part": "weight_bytes"}, {"row": "shared experts", "layers": "experts", "names": [["mlp.shared_experts.gate_proj", "mlp.shared_experts.gate_up_proj"], ["mlp.shared_experts.up_proj", "mlp.shared_experts.gate_up_proj"], ["mlp.shared_experts.down_proj"]], "part": "weight_bytes"}, {"row": "experts", "layers": "experts", "names": [["mlp.experts.0.gate_proj", "mlp.experts.gate_up_proj", "block_sparse_moe.experts.0.w1", "block_sparse_moe.experts.0.gate_proj"], ["mlp.experts.0.up_proj", "mlp.experts.gate_up_proj", "block_sparse_moe.experts.0.w3", "block_sparse_moe.experts.0.up_proj"], ["mlp.experts.0.down_proj", "mlp.experts.down_proj", "block_sparse_moe.experts.0.w2", "block_sparse_moe.experts.0.down_proj"]], "part": "expert_bytes"}, {"row": "router", "layers": "experts", "names": [["mlp.gate", "mlp.router", "block_sparse_moe.gate"]], "part": "other_bytes"}, {"row": "positions", "layers": "none", "names": [], "part": "embedding_bytes"}, {"row": "embedding", "layers": "none", "names": [["model.embed_tokens"]], "part": "embedding_bytes"}, {"row": "unembedding", "layers": "none", "names": [["lm_head"]], "part": "embedding_bytes"}], "signs": [["quant_algo", "modelopt"], ["load_in_4bit", "bitsandbytes"], ["load_in_8bit", "bitsandbytes"], ["group_size", "mlx"]], "renamed": [["language_model.lm_head", "lm_head"], ["model.language_model.", "model."], ["language_model.model.", "model."], ["switch_mlp", "experts.0"]], "pattern": "\\^?(?:[\\w-]|\\\\\\.|\\.[*+]?|\\\\d[*+]?|\\[\\d-\\d\\][*+]?|\\((?:\\?:)?(?:[\\w-]|\\\\\\.|\\\\d|\\.|\\|)*\\))*\\$?", "longest_name": 200, "most_stars": 4, "largest_block": 1000000000, "bits_per_byte": 8};
const ELEMENTS = {
"query": function elements({ d_head, d_model, n_head, n_layer, n_latent_query_layer = 0 }) {
  return d_head*d_model*n_head*(-n_latent_query_layer + n_layer);
},
"query latent": function elements({ d_model, n_latent_query_layer = 0, query_rank = 0 }) {
  return d_model*n_latent_query_layer*query_rank;
},
"query from latent": function elements({ d_head, n_head, n_latent_query_layer = 0, query_rank = 0 }) {
  return d_head*n_head*n_latent_query_layer*query_rank;
},
"key": function elements({ d_head, d_model, n_kv_head, n_layer, layers_per_cache = 1, n_latent_layer = 0 }) {
  return d_head*d_model*n_kv_head*(-n_latent_layer + n_layer)/layers_per_cache;
},
"value": function elements({ d_head, d_model, n_kv_head, n_layer, d_value = d_head, layers_per_cache = 1, n_latent_layer = 0 }) {
  return d_model*d_value*n_kv_head*(-n_latent_layer + n_layer)/layers_per_cache;
},
"latent": function elements({ d_model, d_rope = 0, kv_rank = 0, n_latent_layer = 0 }) {
  return d_model*n_latent_layer*(d_rope + kv_rank);
},
"key and value from latent": function elements({ d_head, n_head, d_rope = 0, d_value = d_head, kv_rank = 0, n_latent_layer = 0 }) {
  return kv_rank*n_head*n_latent_layer*(d_head - d_rope + d_value);
},
"output": function elements({ d_head, d_model, n_head, n_layer, d_value = d_head }) {
  return d_model*d_value*n_head*n_layer;
},
"feed-forward": function elements({ d_ff, d_model, n_ff_matrix, n_layer, n_moe_layer = 0 }) {
  return d_ff*d_model*n_ff_matrix*(n_layer - n_moe_layer);
},
"shared experts": function elements({ d_model, n_ff_matrix, d_expert = 0, n_moe_layer = 0, n_shared_expert = 0 }) {
  return d_expert*d_model*n_ff_matrix*n_moe_layer*n_shared_expert;
},
"experts": function elements({ d_model, n_ff_matrix, d_expert = 0, n_expert = 1, n_moe_layer = 0 }) {
  return d_expert*d_model*n_expert*n_ff_matrix*n_moe_layer;
},
"router": function elements({ d_model, n_expert = 1, n_moe_layer = 0 }) {
  return d_model*n_expert*n_moe_layer;
},
"positions": function elements({ d_model, n_position = 0 }) {
  return d_model*n_position;
},
"embedding": function elements({ d_model, tied_embeddings, vocab_size }) {
  return d_model*vocab_size*(1 - tied_embeddings);
},
"unembedding": function elements({ d_model, vocab_size }) {
  return d_model*vocab_size;
} };
// A config.json read as lifecost.config reads it: the same rules, the same numbers, the same
// refusals. RULES and LIMITS stand above; they are printed from the package.
class InputError extends Error {}

const refuse = (message) => { throw new InputError(message); };
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const has = (object, name) => Object.prototype.hasOwnProperty.call(object, name);
const isOneOf = (value, allowed) => typeof value !== "object" || value === null
  ? allowed.some((one) => one === value) : false;

// A value as a message quotes it: lifecost.config.messages.show.
function show(value) {
  if (typeof value === "number") {
    if (Math.abs(value) >= LIMITS.longest) return value > 0 ? "over 10^15" : "below -10^15";
    return Number.isInteger(value) || Math.abs(value) >= 0.001 ? String(value) : "nearly 0";
  }
  if (typeof value === "string") {
    const text = value.replace(/[^ !#-~]/gu, "?");
    return text.length <= 40 ? `"${text}"` : `"${text.slice(0, 37)}..."`;
  }
  if (Array.isArray(value)) return "[...]";
  return isObject(value) ? "{...}" : String(value);
}

const lacks = (field) => refuse(`the configuration lacks ${field}`);
const isNot = (field, value, what) => refuse(`${field} = ${show(value)} is not ${what}`);
const outOfRange = (field, value, low, high, meaning = "") => refuse(
  `${field} = ${show(value)} is out of range: ${meaning}from ${Math.trunc(low)} to ${high}`);
const notCounted = (what, allowed) => refuse(
  `${what} is not counted here, only ${[...allowed].map(show).join(" or ")}`);
const contradiction = (first, value, second, other) => refuse(
  `${first} = ${show(value)} contradicts ${second} = ${show(other)}`);

function whole(name, value) {
  if (typeof value !== "number") isNot(name, value, "a whole number");
  if (!(value >= 0 && value <= LIMITS.number)) outOfRange(name, value, 0, LIMITS.number);
  if (!Number.isInteger(value)) isNot(name, value, "a whole number");
  return value;
}

// The fields as the library sees them: aliases resolved, defaults filled in.
function completed(config, rules) {
  checkArchitecture(config.architectures, rules.architecture);
  const within = rules.within ?? "";
  const inner = !within ? config : has(config, within) ? config[within] : null;
  if (inner === null) lacks(within);
  if (!isObject(inner)) isNot(within, inner, "an object");
  const fields = { ...inner };
  const agree = (first, value, second, other) =>
    isOneOf(value, [other]) || contradiction(first, value, second, other);
  for (const [other, name] of Object.entries(rules.alias ?? {})) {
    if (has(fields, other) && has(fields, name)) agree(other, fields[other], name, fields[name]);
    else if (has(fields, other)) fields[name] = fields[other];
  }
  for (const [name, usual] of Object.entries(rules.default)) {
    if (!has(fields, name)) fields[name] = usual;
    if (within && has(config, name)) agree(name, config[name], `${within}.${name}`, fields[name]);
  }
  for (const [name, usual] of Object.entries(rules.outside ?? {})) {
    if (!has(config, name)) agree(name, usual, `${within}.${name}`, fields[name]);
  }
  return fields;
}

function checkArchitecture(names, endings) {
  if (names === undefined || names === null || (Array.isArray(names) && !names.length)) return;
  const first = Array.isArray(names) ? names[0] : names;
  if (typeof first === "string" && endings.some((ending) => first.endsWith(ending))) return;
  notCounted(`architectures = ${show(first)}`, endings.map((ending) => `...${ending}`));
}

class Reader {
  constructor(fields) {
    Object.assign(this, { fields, shape: {}, values: {}, label: {}, layers: {} });
  }

  refuseUncounted(only) {
    for (const [field, allowed] of Object.entries(only)) {
      if (has(this.fields, field) && !isOneOf(this.fields[field], allowed)) {
        notCounted(`${field} = ${show(this.fields[field])}`, allowed);
      }
    }
  }

  read(name, rule) {
    if ("with" in rule && !(rule.with in this.shape)) return;
    this.label[name] = rule.field ?? (rule.sum ?? [name]).join(" + ");
    if ("layers" in rule) this.layers[name] = this.layersOf(rule);
    const value = this.values[name] = this.value(name, rule);
    const { low, high, absent } = LIMITS.symbols[name];
    if (!(value >= low && value <= high)) this.outOfRange(name, low);
    if (value !== (typeof absent === "string" ? this.values[absent] : absent)) {
      this.shape[name] = value;
    }
  }

  checkTogether(same) {
    for (const [name, field] of Object.entries(same)) {
      if ((this.fields[field] ?? null) !== null && this.number(field) !== this.values[name]) {
        notCounted(`${field} = ${this.number(field)}`, [this.values[name]]);
      }
    }
    for (const [divisor, dividend, why] of LIMITS.divides) {
      if (this.values[dividend] % this.values[divisor]) {
        this.together([divisor], "does not divide", dividend, `: ${why}`);
      }
    }
    for (const [parts, larger, why] of LIMITS.at_most) {
      const names = parts.filter((name) => this.values[name]);
      const sum = names.reduce((all, name) => all + this.values[name], 0);
      if (sum > (this.values[larger] ?? Infinity)) {
        const relation = names.length === 1 ? "is more than" : "are together more than";
        this.together(names, relation, larger, `: ${why}`);
      }
    }
    for (const [layers, size] of LIMITS.pairs) {
      if (this.values[layers] && this.values[size] === 0) this.outOfRange(size, 1);
    }
  }

  value(name, rule) {
    if ("value" in rule) return this.term(rule.value);
    if ("flag" in rule) return Number(this.flag(rule.flag));
    if ("sum" in rule) return rule.sum.reduce((sum, field) => sum + this.number(field), 0);
    if ("layers" in rule) return this.layers[name].length;
    if ("null" in rule && this.field(rule.field) === null) return this.term(rule.null);
    return this.number(rule.field) + (rule.plus ?? 0);
  }

  layersOf(rule) {
    const kinds = "listed" in rule ? this.kinds(rule.listed) : null;
    const off = this.switchedOff(rule);
    if (off) {
      if (kinds?.includes(rule.kind)) contradiction(rule.listed, rule.kind, off, this.fields[off]);
      return [];
    }
    if (kinds) return [...kinds.keys()].filter((i) => kinds[i] === rule.kind);
    const [start, step] = [this.operand(rule, "from", 0), this.operand(rule, "every", 1)];
    const gap = "but_every" in rule ? this.operand(rule, "but_every", 1) : Infinity;
    const leftOut = "except" in rule ? this.indices(rule.except) : new Set();
    const found = [];
    for (let i = start; i < this.shape.n_layer; i += 1) {
      if ((i + 1) % step === 0 && (i + 1) % gap !== 0 && !leftOut.has(i)) found.push(i);
    }
    return found;
  }

  switchedOff(rule) {
    if ("when" in rule && !this.flag(rule.when)) return rule.when;
    return "given" in rule && this.field(rule.given) === null ? rule.given : "";
  }

  operand(rule, key, low) {
    const given = rule[key] ?? low;
    if (typeof given !== "string") return given;
    const value = this.number(given);
    if (value < low) outOfRange(given, value, low, LIMITS.number);
    return value;
  }

  kinds(field) {
    const [found, every] = [this.field(field), this.shape.n_layer];
    if (found === null) return null;
    if (!Array.isArray(found)) isNot(field, found, "a list");
    if (found.length !== every) {
      refuse(`${field} lists ${found.length} layers, and the model has ${every}`);
    }
    for (const kind of found) {
      if (!LIMITS.kinds.includes(kind)) notCounted(`${show(kind)} in ${field}`, LIMITS.kinds);
    }
    return found;
  }

  indices(field) {
    const found = this.field(field) ?? [];
    if (!Array.isArray(found)) isNot(field, found, "a list");
    return new Set(found.map((index, i) => whole(`${field}[${i}]`, index)));
  }

  field(name) {
    return has(this.fields, name) ? this.fields[name] : lacks(name);
  }

  flag(name) {
    const found = this.field(name);
    return typeof found === "boolean" ? found : isNot(name, found, "true or false");
  }

  number(name) {
    return whole(name, this.field(name));
  }

  // A number, a symbol's value, or two of them with an operator between.
  term(text) {
    if (typeof text !== "string") return text;
    const [left, operator, right] = text.split(" ");
    const first = /^\d+$/.test(left) ? Number(left) : this.values[left];
    if (!operator) return first;
    if (operator === "*") return first * this.values[right];
    if (first % this.values[right]) this.together([left], "is not divisible by", right);
    return first / this.values[right];
  }

  together(first, relation, second, why = "") {
    const said = [...first, second].map((name) => `${this.label[name]} = ${this.values[name]}`);
    refuse(`${said.slice(0, -1).join(" and ")} ${relation} ${said.at(-1)}${why}`);
  }

  outOfRange(name, low) {
    const { high, meaning } = LIMITS.symbols[name];
    outOfRange(this.label[name], this.values[name], low, high, `${meaning}, `);
  }
}

// A reader with the symbols of a model's shape, variants included.
function read(config) {
  if (!has(config, "model_type")) lacks("model_type");
  const kind = config.model_type;
  if (typeof kind !== "string" || !has(RULES, kind)) {
    refuse(`unknown model_type ${show(kind)}; known: ${Object.keys(RULES).sort().join(", ")}`);
  }
  const rules = RULES[kind];
  const reader = new Reader(completed(config, rules));
  reader.refuseUncounted(rules.only);
  for (const [name, rule] of rules.symbols) reader.read(name, rule);
  reader.checkTogether(rules.same ?? {});
  return reader;
}

// What a configuration binds, and what its count leaves out: lifecost.config.load_model.
function modelOf(config) {
  const { shape, fields, layers } = read(config);
  const own = stored(config, fields, shape, layers.n_moe_layer ?? []);
  const n_params = FORMULAS.parameter_count(shape);
  if (n_params > LIMITS.model) {
    refuse("more than 10^15 parameters: no such model is counted here");
  }
  const n_active_params = FORMULAS.active_parameters(shape);
  const { note } = RULES[config.model_type];
  return { bindings: { ...shape, n_params, n_active_params }, ...own, note };
}

// Infinity, which Python writes where a limit is none, as a number that JSON can say.
const finite = (text) => text.replace(
  /"(?:[^"\\]|\\.)*"|\bInfinity\b/g, (part) => part === "Infinity" ? "1e999" : part);

// The text of a file as an object; the words are Python's but for the place of a mistake.
function parsed(name, text) {
  if (text.length > LIMITS.file) refuse(`${name} is no config.json: over ${LIMITS.file} bytes`);
  let config;
  try {
    config = JSON.parse(finite(text.replace(/^\ufeff/, "")));
  } catch (error) {
    refuse(`${name} is not JSON: ${error.message.split("\n")[0].slice(0, 120)}`);
  }
  return isObject(config) ? config
    : refuse(`${name} is no config.json: not an object but ${show(config)}`);
}

// In how many bytes a configuration's weights are stored: lifecost.config.formats, .quantization and
// .modules. FORMATS and ELEMENTS, a function for each row of weights, stand above; they are printed
// from the package.
const FIELD = "quantization_config";
const bytes = (bits) => bits / FORMATS.bits_per_byte;

function stored(config, fields, shape, withExperts) {
  const either = (name) => (config[name] ?? null) === null ? fields[name] ?? null : config[name];
  const type = dtypeOf(either);
  let quantization = either("quantization");
  if (quantization === null) quantization = either(FIELD);
  if (quantization === null) {
    return type ? { format: type.format, stored: { weight_bytes: bytes(type.bits) } }
      : { format: "", stored: {} };
  }
  if (!isObject(quantization)) isNot(FIELD, quantization, "an object");
  const plan = new Plan(quantization, bytes(type ? type.bits : FORMATS.usual_bits),
    Boolean(shape.tied_embeddings));
  return { format: plan.format, stored: byPart(plan, shape, withExperts) };
}

function dtypeOf(either) {
  for (const name of ["dtype", "torch_dtype"]) {
    const value = either(name);
    if (value === null || value === "auto") continue;
    if (typeof value !== "string" || !has(FORMATS.dtypes, value)) {
      notCounted(`${name} = ${show(value)}`, Object.keys(FORMATS.dtypes));
    }
    return FORMATS.dtypes[value];
  }
  return null;
}

// A list of modules: by name or by a part of it, by "*", or by a pattern after "re:".
class Names {
  constructor(field, entries) {
    if (!Array.isArray(entries)) isNot(field, entries, "a list");
    Object.assign(this, { parts: new Set(), patterns: [], numbered: false });
    entries.forEach((entry, i) => this.add(`${field}[${i}]`, entry));
  }

  add(field, given) {
    if (typeof given !== "string") isNot(field, given, "the name of a module");
    let entry = given;
    for (const [name, other] of FORMATS.renamed) entry = entry.split(name).join(other);
    this.numbered ||= /[0-9]/.test(entry);
    if (!entry.startsWith("re:") && !entry.includes("*")) {
      this.parts.add(entry.replace(/^\.+|\.+$/g, ""));
      return;
    }
    const pattern = patternOf(entry);
    try {
      if (pattern === null) throw new SyntaxError();
      this.patterns.push(new RegExp(pattern));
    } catch {
      isNot(field, entry, "a pattern that is read here");
    }
  }

  name(names) {
    return names.some((name) => spans(name).some((span) => this.parts.has(span))
      || this.patterns.some((pattern) => pattern.test(name)));
  }
}

function patternOf(entry) {
  if ([...entry].length > FORMATS.longest_name) return null;
  if (entry.replace(/[^*+]/g, "").length > FORMATS.most_stars) return null;
  if (!entry.startsWith("re:")) {
    const escaped = entry.split("*").map((part) => part.replace(/([^A-Za-z0-9_])/g, "\\$1"));
    return `^(?:.*\\.)?${escaped.join(".*")}(?:\\..*)?$`;
  }
  const allowed = new RegExp(`^(?:${FORMATS.pattern})$`);
  return allowed.test(entry.slice(3)) && !entry.includes("\n") ? `^(?:${entry.slice(3)})` : null;
}

function spans(name) {
  const parts = name.split(".");
  return parts.flatMap((_, i) => parts.slice(i).map((_, j) => parts.slice(i, i + j + 1).join(".")));
}

// A quantization, ready to be asked for the bytes of one module.
class Plan {
  constructor(given, plain, tied) {
    const method = methodOf(given);
    const rule = chosen(given, FORMATS.methods[method]);
    Object.assign(this, { given, plain, rule });
    for (const field of rule.refuse ?? []) {
      if ((given[field] ?? null) !== null) {
        notCounted(`${FIELD}.${field} = ${show(given[field])}`, [null]);
      }
    }
    this.kept = (rule.keep ?? []).filter((name) => (given[name] ?? null) !== null)
      .map((name) => new Names(`${FIELD}.${name}`, given[name]));
    this.format = rule.format ?? method;
    this.all = rule.parts === "all";
    this.head = this.all || (!tied && isOn(given, rule.head ?? false));
    this.groups = method === "compressed-tensors" ? this.grouped()
      : [...this.overrides(), { targets: null, bytes: this.size(FIELD, given, rule) }];
    const lists = [...this.kept, ...this.groups.map((group) => group.targets).filter(Boolean)];
    this.numbered = lists.some((names) => names.numbered);
  }

  size(field, given, rule) {
    let { bits, block = null } = rule;
    if (typeof bits === "string") bits = width(`${field}.${bits}`, given[bits] ?? null, rule.widths);
    if (typeof block === "string") block = blockOf(`${field}.${block}`, given[block] ?? null);
    if (block === null) return bytes(bits);
    const zeros = isOn(given, rule.zeros ?? false) ? bits : 0;
    return FORMULAS.quantized_bytes(
      { element_bits: bits, scale_bytes: bytes(rule.scale_bits + zeros), block_size: block });
  }

  // What MLX says of single modules: fields of their own, or false.
  overrides() {
    const found = [];
    for (const [name, given] of this.all ? Object.entries(this.given) : []) {
      if (isObject(given)) {
        const rule = chosen(given, FORMATS.methods.mlx);
        const size = this.size(`${FIELD}.${name}`, given, rule);
        found.push({ targets: new Names(FIELD, [name]), bytes: size });
      } else if (given === false) {
        found.push({ targets: new Names(FIELD, [name]), bytes: this.plain });
      }
    }
    return found;
  }

  // The groups of compressed-tensors, after which the format is named.
  grouped() {
    const sparse = this.given.sparsity_config ?? null;
    const pattern = isObject(sparse) ? sparse.format ?? null : sparse;
    if (!isOneOf(pattern, [null, "dense"])) {
      notCounted(`${FIELD}.sparsity_config.format = ${show(pattern)}`, ["dense"]);
    }
    const groups = this.given.config_groups ?? null;
    if (!isObject(groups)) isNot(`${FIELD}.config_groups`, groups, "an object");
    const [found, formats] = [[], []];
    for (const [name, group] of Object.entries(groups)) {
      const field = `${FIELD}.config_groups.${name}`;
      if (!isObject(group)) isNot(field, group, "an object");
      const weights = group.weights ?? null;
      if (weights === null) continue; // of activations only
      if (!isObject(weights)) isNot(`${field}.weights`, weights, "an object");
      const kind = has(weights, "type") ? weights.type : "int";
      if (!isOneOf(kind, ["int", "float"])) {
        notCounted(`${field}.weights.type = ${show(kind)}`, ["int", "float"]);
      }
      const four = kind === "float" && weights.num_bits === 4;
      const block = weights.block_structure ?? null;
      const given = block === null ? weights : { ...weights, group_size: block };
      const rule = { ...this.rule };
      if (four) rule.scale_bits = 8;
      if (weights.symmetric === false) rule.zeros = true;
      const size = this.size(`${field}.weights`, given, rule);
      const names = group.targets ?? null;
      const every = names === null || (Array.isArray(names) && names.includes("Linear"));
      found.push({ targets: every ? null : new Names(`${field}.targets`, names), bytes: size });
      const label = four ? (weights.group_size === 16 ? "nvfp4" : "mxfp4")
        : `${kind === "float" ? "fp" : "int"}${weights.num_bits}`;
      if (!formats.includes(label)) formats.push(label);
    }
    this.format = formats.join(" and ") || this.format;
    return found;
  }

  module(row, names) {
    const special = { router: this.all, embedding: this.all, positions: false, experts: true,
      unembedding: this.head };
    const quantized = has(special, row) ? special[row] : this.rule.parts !== "experts";
    if (quantized && !this.kept.some((kept) => kept.name(names))) {
      for (const { targets, bytes } of this.groups) {
        if (targets === null || targets.name(names)) return bytes;
      }
    }
    return this.plain;
  }
}

function methodOf(given) {
  const method = given.quant_method ?? null;
  if (method === null) {
    for (const [sign, meant] of FORMATS.signs) if (has(given, sign)) return meant;
    lacks(`${FIELD}.quant_method`);
  }
  const known = Object.keys(FORMATS.methods).filter((name) => name !== "mlx");
  if (!isOneOf(method, known)) notCounted(`${FIELD}.quant_method = ${show(method)}`, known);
  return method;
}

function chosen(given, rules) {
  let rule = rules;
  while ("choice" in rule) {
    const { choice: field, usual = null, ...tables } = rule;
    const flags = "true" in tables || "false" in tables;
    const options = Object.keys(tables).map((name) => flags ? name === "true" : name);
    let value = flags ? flagOf(given, field) : given[field] ?? null;
    if (value === null) value = usual;
    if (!isOneOf(value, options)) notCounted(`${FIELD}.${field} = ${show(value)}`, options);
    rule = tables[String(value)];
  }
  return rule;
}

function flagOf(given, field) {
  const value = given[field] ?? null;
  if (value !== null && typeof value !== "boolean") isNot(`${FIELD}.${field}`, value, "true or false");
  return Boolean(value);
}

const isOn = (given, flag) => typeof flag === "string" ? flagOf(given, flag) : flag;

function width(field, value, widths) {
  if (value === null) lacks(field);
  if (!isOneOf(value, widths)) notCounted(`${field} = ${show(value)}`, widths);
  return value;
}

function blockOf(field, value) {
  if (value === null || value === -1) return null;
  const sides = Array.isArray(value) ? value : [value];
  const size = sides.reduce((product, side) => product * whole(field, side), 1);
  if (!(size >= 1 && size <= FORMATS.largest_block)) isNot(field, value, "a size of blocks");
  return size;
}

function byPart(plan, shape, withExperts) {
  const every = Array.from({ length: shape.n_layer }, (_, i) => i);
  const experts = new Set(withExperts);
  const layers = { dense: every.filter((i) => !experts.has(i)), experts: withExperts, all: every,
    none: [-1] };
  const [parts, add] = [new Map(), (name, weight, value) =>
    parts.set(name, [...(parts.get(name) ?? []), [weight, value]])];
  let counted = 0;
  for (const { row, part, names, layers: kind = "all" } of FORMATS.modules) {
    const count = ELEMENTS[row](shape);
    if (!count) continue;
    counted += count;
    const within = plan.numbered ? layers[kind] : layers[kind].slice(0, 1);
    const found = within.flatMap((layer) => (names.length ? names : [[]]).map((group) =>
      [1, plan.module(row, group.map((name) => layer < 0 ? name : `model.layers.${layer}.${name}`))]));
    add(part, count, mean(found));
  }
  add("other_bytes", FORMULAS.parameter_count(shape) - counted, plan.plain);
  const base = mean(parts.get("weight_bytes"));
  const means = [...parts].map(([name, found]) => [name, mean(found)]);
  return Object.fromEntries(means.filter(([name, value]) => name === "weight_bytes" || value !== base));
}

// The mean of values by their weights; of equal ones their value, to the last digit.
function mean(found) {
  const sums = new Map();
  for (const [weight, value] of found) {
    if (weight) sums.set(value, (sums.get(value) ?? 0) + weight);
  }
  if (sums.size === 1) return sums.keys().next().value;
  const total = (values) => values.reduce((sum, value) => sum + value, 0);
  return total([...sums].map(([value, weight]) => weight * value)) / total([...sums.values()]);
}

const EXAMPLE = "{\n  \"architectures\": [\n    \"LlamaForCausalLM\"\n  ],\n  \"model_type\": \"llama\",\n  \"hidden_size\": 4096,\n  \"intermediate_size\": 14336,\n  \"num_hidden_layers\": 32,\n  \"num_attention_heads\": 32,\n  \"num_key_value_heads\": 8,\n  \"vocab_size\": 128256,\n  \"tie_word_embeddings\": false\n}\n";
// The box for a reader's own config.json: what it holds goes to the explorer below, and nowhere else.
class ModelBox extends HTMLElement {
  connectedCallback() {
    if (this.box) return;
    this.explorer = document.querySelector(`[data-name="${this.dataset.explorer}"]`);
    this.box = element("textarea", { id: "model-config", rows: 9, spellcheck: "false",
      autocomplete: "off", "aria-describedby": "model-problem" });
    this.problem = element("p", { class: "lifecost-problem", id: "model-problem", role: "alert" });
    this.summary = element("p", { role: "status" });
    const file = element("input", { type: "file", accept: ".json,application/json", id: "model-file" });
    this.replaceChildren(
      element("label", { for: "model-config" }, "Your config.json: paste it, or drop the file here"),
      this.box,
      element("div", {}, element("label", { for: "model-file" }, "or open it"), file),
      this.problem, this.summary);
    this.box.addEventListener("input", () => this.read("config", this.box.value));
    file.addEventListener("change", async () => {
      await this.open(file.files[0]);
      file.value = ""; // so that the same file, mended, can be opened again
    });
    this.addEventListener("dragover", (event) => event.preventDefault());
    this.addEventListener("drop", (event) => {
      if (!event.dataTransfer.files.length) return; // text goes where it is dropped
      event.preventDefault();
      this.open(event.dataTransfer.files[0]);
    });
    this.explorer.addEventListener("update", () => this.summarize());
    this.box.value = EXAMPLE;
    this.read("config", EXAMPLE);
    this.explorer.origin = undefined; // the example is the explorer's own model
  }

  async open(file) {
    if (!file) return;
    try {
      // One byte more than allowed is enough to refuse a file of any size.
      const bytes = await file.slice(0, LIMITS.file + 1).arrayBuffer();
      this.box.value = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
      this.problem.textContent = `${file.name} is not text in UTF-8`;
      return;
    }
    this.read(file.name, this.box.value);
  }

  weights(bound) {
    if (!this.format) return "The file does not say what the weights are stored in: as the device's precision.";
    return `The weights take ${quantity(FORMULAS.weights_size(bound), "byte")}, in ${this.format} by the file.`;
  }

  // What is wrong is said, and changes nothing else.
  read(name, text) {
    let config, model;
    try {
      config = parsed(name, text);
      model = modelOf(config);
      this.problem.textContent = "";
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.problem.textContent = error.message;
      return;
    }
    this.called = String(config._name_or_path || config.model_type).slice(0, 80);
    this.note = model.note ?? "";
    this.format = model.format;
    this.store(model.stored);
    const { n_latent_layer: latent, n_kv_head: heads } = model.bindings;
    this.explorer.data.fixed = { ...model.bindings, ...model.stored, cache_parts: latent ? 1 : heads };
    this.explorer.origin = { object: 'of(load_model("config.json"))', imports: "from lifecost.config "
      + "import load_model\nfrom lifebook.explorer.gallery.my_model import of" };
    this.explorer.update();
  }

  // A device brings the bytes of its precision, unless the file says in how many it is stored.
  store(stored) {
    const { options } = this.explorer.controls.get("device");
    this.usual ??= Object.entries(options).map(([name, { weight_bytes }]) => [name, weight_bytes]);
    for (const [name, weight_bytes] of this.usual) {
      if ("weight_bytes" in stored) delete options[name].weight_bytes;
      else options[name].weight_bytes = weight_bytes;
    }
  }

  summarize() {
    const bound = this.explorer.bound();
    const others = this.explorer.marks.filter((mark) => mark.bind)
      .map(({ name, bind }) => ({ name, bound: { ...bound, ...bind } }));
    const exact = (value) => value.toLocaleString("en-US");
    const serve = bound.n_active_params === bound.n_params ? "all of which serve"
      : `of which ${exact(bound.n_active_params)} serve`;
    const rank = (value) => 1 + others.filter((o) => value(o.bound) > value(bound)).length;
    const ratio = FORMULAS.kv_to_compute_ratio;
    const [size, cache, load] = [(b) => b.n_active_params, FORMULAS.kv_bytes_per_token, ratio].map(rank);
    const distance = (o) => Math.abs(Math.log(ratio(o.bound) / ratio(bound)));
    const nearest = others.reduce((a, b) => (distance(b) < distance(a) ? b : a));
    this.summary.textContent = `${this.called}: ${exact(bound.n_params)} parameters, ${serve} each `
      + `token. ${this.note} ${this.weights(bound)} Its place, from the largest, beside the ${others.length} models of the `
      + `catalog: ${size} by active parameters, ${cache} by the cache of a token, ${load} by reading the `
      + `cache over arithmetic, where ${nearest.name} is closest.`;
  }
}

customElements.define("lifecost-model", ModelBox);
})();
