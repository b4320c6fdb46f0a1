// The explorers of the page: the marks that Python drew, moved by the formulas that Python printed.
// Part of lifecost (MIT). The formulas and the units, PLURALS and PREFIXED, are printed before it.
"use strict";
(() => {
function affordable_tokens({ n_params, train_flops }) {
  return (1/6)*train_flops/n_params;
}
function attainable_flops({ intensity, memory_bandwidth, peak_flops }) {
  return Math.min(peak_flops, intensity*memory_bandwidth);
}
function attainable_share({ hoi, intensity }) {
  return Math.min(1, intensity/hoi);
}
function attention_intensity({ kv_bytes, n_head, n_kv_head }) {
  return 2*n_head/(kv_bytes*n_kv_head);
}
function attention_rate({ kv_bytes, memory_bandwidth, n_head, n_kv_head, peak_flops }) {
  return Math.min(peak_flops, 2*memory_bandwidth*n_head/(kv_bytes*n_kv_head));
}
function balanced_params({ context, hoi, kv_bytes, kv_exponent, kv_scale }) {
  return Math.pow((1/2)*context*hoi*kv_bytes*kv_scale, 1/(1 - kv_exponent));
}
function balancing_group_size({ context, d_head, hoi, kv_bytes, n_head, n_layer, n_params }) {
  return context*d_head*hoi*kv_bytes*n_head*n_layer/n_params;
}
function break_even_context({ d_head, hoi, kv_bytes, n_kv_head, n_layer, n_params }) {
  return n_params/(d_head*hoi*kv_bytes*n_kv_head*n_layer);
}
function break_even_params_penalty({ context, d_head, decode_tokens, hoi, kv_bytes, kv_share, n_kv_head, n_layer, n_params, prefill_tokens, train_tokens }) {
  const x0 = 2*n_params;
  const x1 = 2*context*d_head*hoi*kv_bytes*n_kv_head*n_layer;
  const x2 = 6*n_params*train_tokens + prefill_tokens*x0;
  return 1 - (decode_tokens*Math.max(x0, kv_share*x1) + x2)/(decode_tokens*Math.max(x0, x1) + x2);
}
function break_even_tokens_penalty({ context, d_head, decode_tokens, hoi, kv_bytes, kv_share, n_kv_head, n_layer, n_params, train_tokens }) {
  const x0 = 2*n_params;
  const x1 = 2*context*d_head*hoi*kv_bytes*n_kv_head*n_layer;
  const x2 = decode_tokens*Math.max(x0, x1) - decode_tokens*Math.max(x0, kv_share*x1);
  return x2/(6*n_params*train_tokens + x2);
}
function chips_needed({ batch, context, d_head, kv_bytes, memory_capacity, n_kv_head, n_layer, n_params, weight_bytes, cache_parts = 1000000000000 }) {
  const x0 = n_params*weight_bytes;
  const x1 = 2*batch*context*d_head*kv_bytes*n_kv_head*n_layer;
  const x2 = -memory_capacity + x1/cache_parts;
  return Math.max((x0 + x1)/memory_capacity, ((x2 < 0) ? -x0/x2 : Infinity));
}
function compressed_lifetime_cost({ context, d_head, decode_tokens, hoi, kv_bytes, kv_share, n_kv_head, n_layer, n_params, prefill_tokens, train_tokens }) {
  const x0 = 2*n_params;
  return decode_tokens*Math.max(x0, 2*context*d_head*hoi*kv_bytes*kv_share*n_kv_head*n_layer) + 6*n_params*train_tokens + prefill_tokens*x0;
}
function compute_overhead({ data_exponent, data_scale, n_params, param_exponent, param_scale, train_flops }) {
  const x0 = (1/6)*train_flops;
  const x1 = data_exponent + param_exponent;
  const x2 = 1/x1;
  const x3 = 1/param_exponent;
  const x4 = 1/data_exponent;
  return Math.pow((data_scale*Math.pow(x0/n_params, -data_exponent) + Math.pow(n_params, -param_exponent)*param_scale)/(data_scale*Math.pow(Math.pow(x0, param_exponent*x2)*Math.pow(data_exponent*data_scale*x3/param_scale, x2), -data_exponent) + param_scale*Math.pow(Math.pow(x0, data_exponent*x2)*Math.pow(param_exponent*param_scale*x4/data_scale, x2), -param_exponent)), x1*x3*x4);
}
function decode_compute_time({ batch, context, d_ff, d_head, d_model, n_chip, n_ff_matrix, n_head, n_kv_head, n_layer, peak_flops, vocab_size }) {
  const x0 = 2*d_model;
  const x1 = 2*d_head;
  return batch*(4*context*d_head*n_head*n_layer + n_layer*x0*(d_ff*n_ff_matrix + n_head*x1 + n_kv_head*x1) + vocab_size*x0)/(n_chip*peak_flops);
}
function decode_intensity({ batch, weight_bytes }) {
  return 2*batch/weight_bytes;
}
function decode_kv_time({ batch, context, d_head, kv_bytes, memory_bandwidth, n_chip, n_kv_head, n_layer, cache_parts = 1000000000000 }) {
  return 2*batch*context*d_head*kv_bytes*n_kv_head*n_layer*Math.max(1, n_chip/cache_parts)/(memory_bandwidth*n_chip);
}
function decode_rate({ batch, memory_bandwidth, peak_flops, weight_bytes }) {
  return Math.min(peak_flops, 2*batch*memory_bandwidth/weight_bytes);
}
function decode_step_time({ batch, context, d_ff, d_head, d_model, kv_bytes, memory_bandwidth, n_chip, n_ff_matrix, n_head, n_kv_head, n_layer, peak_flops, vocab_size, weight_bytes, cache_parts = 1000000000000 }) {
  const x0 = d_model*vocab_size;
  const x1 = context*n_layer;
  const x2 = 2*d_head;
  const x3 = n_kv_head*x2;
  const x4 = d_model*n_layer*(d_ff*n_ff_matrix + n_head*x2 + x3);
  const x5 = 1/n_chip;
  const x6 = batch*x5;
  const x7 = 1/memory_bandwidth;
  return Math.max(x6*(4*d_head*n_head*x1 + 2*x0 + 2*x4)/peak_flops, kv_bytes*x1*x3*x6*x7*Math.max(1, n_chip/cache_parts) + weight_bytes*x5*x7*(x0 + x4));
}
function decode_step_time_serial({ batch, context, d_ff, d_head, d_model, kv_bytes, memory_bandwidth, n_chip, n_ff_matrix, n_head, n_kv_head, n_layer, peak_flops, vocab_size, weight_bytes, cache_parts = 1000000000000 }) {
  const x0 = 2*d_head;
  const x1 = n_kv_head*x0;
  const x2 = 1/n_chip;
  const x3 = x2/memory_bandwidth;
  const x4 = context*n_layer;
  const x5 = d_model*vocab_size;
  const x6 = d_model*n_layer*(d_ff*n_ff_matrix + n_head*x0 + x1);
  return batch*kv_bytes*x1*x3*x4*Math.max(1, n_chip/cache_parts) + Math.max(weight_bytes*x3*(x5 + x6), batch*x2*(4*d_head*n_head*x4 + 2*x5 + 2*x6)/peak_flops);
}
function decode_token_cost({ context, d_head, hoi, kv_bytes, n_kv_head, n_layer, n_params }) {
  return Math.max(2*n_params, 2*context*d_head*hoi*kv_bytes*n_kv_head*n_layer);
}
function decode_utilization({ context, d_head, hoi, kv_bytes, n_kv_head, n_layer, n_params }) {
  return Math.min(1, n_params/(context*d_head*hoi*kv_bytes*n_kv_head*n_layer));
}
function decode_weights_time({ d_ff, d_head, d_model, memory_bandwidth, n_chip, n_ff_matrix, n_head, n_kv_head, n_layer, vocab_size, weight_bytes }) {
  const x0 = 2*d_head;
  return weight_bytes*(d_model*n_layer*(d_ff*n_ff_matrix + n_head*x0 + n_kv_head*x0) + d_model*vocab_size)/(memory_bandwidth*n_chip);
}
function design_inference_factor({ acceptance_rate, context, d_head, decode_tokens, draft_cost_ratio, draft_length, hoi, kv_bytes, kv_share, n_kv_head, n_layer, n_params, prefill_tokens }) {
  const x0 = 2*n_params;
  const x1 = prefill_tokens*x0;
  const x2 = 2*context*d_head*hoi*kv_bytes*n_kv_head*n_layer;
  const x3 = draft_length + 1;
  const x4 = kv_share*x2;
  return (decode_tokens*Math.max(x0, x2) + x1)/(decode_tokens*(draft_cost_ratio*draft_length*Math.max(x0, x4) + Math.max(x4, x0*x3))*((acceptance_rate < 1) ? (1 - acceptance_rate)/(1 - Math.pow(acceptance_rate, x3)) : 1/x3) + x1);
}
function design_token_cost({ acceptance_rate, context, d_head, draft_cost_ratio, draft_length, hoi, kv_bytes, kv_share, n_kv_head, n_layer, n_params }) {
  const x0 = draft_length + 1;
  const x1 = 2*n_params;
  const x2 = 2*context*d_head*hoi*kv_bytes*kv_share*n_kv_head*n_layer;
  return (draft_cost_ratio*draft_length*Math.max(x1, x2) + Math.max(x2, x0*x1))*((acceptance_rate < 1) ? (1 - acceptance_rate)/(1 - Math.pow(acceptance_rate, x0)) : 1/x0);
}
function equal_loss_params_penalty({ loss_gap, n_params, param_exponent, param_scale }) {
  return 1 - Math.pow(Math.max(0, -loss_gap*Math.pow(n_params, param_exponent)/param_scale + 1), 1/param_exponent);
}
function equal_loss_tokens_penalty({ data_exponent, data_scale, loss_gap, train_tokens }) {
  return 1 - Math.pow(Math.max(0, 1 - loss_gap*Math.pow(train_tokens, data_exponent)/data_scale), 1/data_exponent);
}
function equal_size_decode_cost({ batch, context, d_head, ff_ratio, hoi, kv_bytes, n_body, n_kv_head, n_layer, vocab_size, weight_bytes }) {
  const x0 = 2*n_body;
  const x1 = 2*n_layer;
  const x2 = context*x1;
  const x3 = d_head*n_kv_head;
  const x4 = x1*x3;
  const x5 = x1 + 1;
  const x6 = ff_ratio*x4 + x4 + x5;
  const x7 = 1/(x6 + Math.sqrt(8*n_body*n_layer*(ff_ratio + 1) + Math.pow(x6, 2)));
  const x8 = weight_bytes/batch;
  return Math.max(4*n_body*x7*(vocab_size - x1 + x2 - 1) + x0, hoi*x0*x7*x8*(vocab_size - x5) + hoi*(kv_bytes*x2*x3 + n_body*x8));
}
function equal_size_factor({ d_head, ff_constant, ff_inverse, ff_log, ff_ratio, n_body, n_kv_head, n_layer, width_constant, width_inverse, width_log }) {
  const x0 = Math.sqrt(n_body);
  const x1 = 2*n_layer;
  const x2 = d_head*n_kv_head*x1;
  const x3 = ff_ratio*x2 + x1 + x2 + 1;
  const x4 = x3 + Math.sqrt(8*n_body*n_layer*(ff_ratio + 1) + Math.pow(x3, 2));
  return Math.max(0, ff_constant + ff_inverse/ff_ratio + ff_log*Math.log(ff_ratio))*Math.max(0, width_constant + (1/2)*width_inverse*x4/x0 + width_log*Math.log(2*x0/x4));
}
function expected_tokens({ acceptance_rate, draft_length }) {
  const x0 = draft_length + 1;
  return ((acceptance_rate < 1) ? (1 - Math.pow(acceptance_rate, x0))/(1 - acceptance_rate) : x0);
}
function family_kv_elements({ kv_exponent, kv_scale, n_params }) {
  return kv_scale*Math.pow(n_params, kv_exponent);
}
function forward_flops({ batch, n_params }) {
  return 2*batch*n_params;
}
function free_interaction({ context, d_head, hoi, kv_bytes, n_head, n_kv_head, n_layer, n_params }) {
  const x0 = (1/2)/n_head;
  return Math.max(0, hoi*kv_bytes*n_kv_head*x0 - n_params*x0/(context*d_head*n_layer));
}
function free_interaction_full({ batch, context, d_ff, d_head, d_model, hoi, kv_bytes, n_ff_matrix, n_head, n_kv_head, n_layer, vocab_size, weight_bytes }) {
  const x0 = 1/n_head;
  const x1 = 2*d_head;
  return Math.max(0, (1/2)*hoi*kv_bytes*n_kv_head*x0 + (1/4)*d_model*x0*(-2*batch + hoi*weight_bytes)*(n_layer*(d_ff*n_ff_matrix + n_head*x1 + n_kv_head*x1) + vocab_size)/(batch*context*d_head*n_layer));
}
function interaction_intensity({ interaction_multiplier, kv_bytes, n_head, n_kv_head }) {
  return 2*interaction_multiplier*n_head/(kv_bytes*n_kv_head);
}
function interaction_step_cost({ batch, context, d_head, hoi, interaction_multiplier, kv_bytes, n_head, n_kv_head, n_layer, n_params }) {
  const x0 = 2*batch;
  const x1 = context*d_head*n_layer;
  return Math.max(hoi*kv_bytes*n_kv_head*x0*x1, 4*batch*interaction_multiplier*n_head*x1 + n_params*x0);
}
function interaction_step_cost_full({ batch, context, d_ff, d_head, d_model, hoi, interaction_multiplier, kv_bytes, n_ff_matrix, n_head, n_kv_head, n_layer, vocab_size, weight_bytes }) {
  const x0 = batch*context*n_layer;
  const x1 = 2*d_head;
  const x2 = n_kv_head*x1;
  const x3 = d_model*n_layer*(d_ff*n_ff_matrix + n_head*x1 + x2) + d_model*vocab_size;
  return Math.max(hoi*kv_bytes*x0*x2 + hoi*weight_bytes*x3, 2*batch*x3 + 4*d_head*interaction_multiplier*n_head*x0);
}
function interaction_training_factor({ d_ff, d_head, d_model, interaction_multiplier, n_ff_matrix, n_head, n_kv_head, n_layer, sequence_length, vocab_size }) {
  const x0 = 2*d_model;
  const x1 = 2*d_head;
  const x2 = n_head*x1;
  const x3 = n_layer*sequence_length*x2;
  return x3*(interaction_multiplier - 1)/(n_layer*x0*(d_ff*n_ff_matrix + n_kv_head*x1 + x2) + vocab_size*x0 + x3) + 1;
}
function interaction_utilization({ hoi, interaction_multiplier, kv_bytes, n_head, n_kv_head }) {
  return Math.min(1, 2*interaction_multiplier*n_head/(hoi*kv_bytes*n_kv_head));
}
function isoflop_loss({ data_exponent, data_scale, loss_floor, n_params, param_exponent, param_scale, train_flops }) {
  return data_scale*Math.pow((1/6)*train_flops/n_params, -data_exponent) + loss_floor + Math.pow(n_params, -param_exponent)*param_scale;
}
function kv_cache_reduction({ n_head, n_kv_head }) {
  return n_head/n_kv_head;
}
function kv_cache_size({ batch, context, d_head, kv_bytes, n_kv_head, n_layer }) {
  return 2*batch*context*d_head*kv_bytes*n_kv_head*n_layer;
}
function kv_load_flop_equivalent({ batch, context, d_head, hoi, kv_bytes, n_kv_head, n_layer }) {
  return 2*batch*context*d_head*hoi*kv_bytes*n_kv_head*n_layer;
}
function kv_to_compute_ratio({ context, d_head, hoi, kv_bytes, n_kv_head, n_layer, n_params }) {
  return context*d_head*hoi*kv_bytes*n_kv_head*n_layer/n_params;
}
function kv_to_weights_ratio({ batch, context, d_head, kv_bytes, n_kv_head, n_layer, n_params, weight_bytes }) {
  return 2*batch*context*d_head*kv_bytes*n_kv_head*n_layer/(n_params*weight_bytes);
}
function lifetime_cost({ context, d_head, decode_tokens, hoi, kv_bytes, n_kv_head, n_layer, n_params, prefill_tokens, train_tokens }) {
  const x0 = 2*n_params;
  return decode_tokens*Math.max(x0, 2*context*d_head*hoi*kv_bytes*n_kv_head*n_layer) + 6*n_params*train_tokens + prefill_tokens*x0;
}
function optimal_loss({ data_exponent, data_scale, loss_floor, param_exponent, param_scale, train_flops }) {
  const x0 = (1/6)*train_flops;
  const x1 = 1/(data_exponent + param_exponent);
  return data_scale*Math.pow(Math.pow(x0, param_exponent*x1)*Math.pow(data_exponent*data_scale/(param_exponent*param_scale), x1), -data_exponent) + loss_floor + param_scale*Math.pow(Math.pow(x0, data_exponent*x1)*Math.pow(param_exponent*param_scale/(data_exponent*data_scale), x1), -param_exponent);
}
function optimal_params({ data_exponent, data_scale, param_exponent, param_scale, train_flops }) {
  const x0 = 1/(data_exponent + param_exponent);
  return Math.pow((1/6)*train_flops, data_exponent*x0)*Math.pow(param_exponent*param_scale/(data_exponent*data_scale), x0);
}
function optimal_tokens({ data_exponent, data_scale, param_exponent, param_scale, train_flops }) {
  const x0 = 1/(data_exponent + param_exponent);
  return Math.pow((1/6)*train_flops, param_exponent*x0)*Math.pow(data_exponent*data_scale/(param_exponent*param_scale), x0);
}
function optimal_tokens_per_parameter({ data_exponent, data_scale, param_exponent, param_scale, train_flops }) {
  const x0 = (1/6)*train_flops;
  const x1 = 1/(data_exponent + param_exponent);
  return Math.pow(x0, -data_exponent*x1)*Math.pow(x0, param_exponent*x1)*Math.pow(param_exponent*param_scale/(data_exponent*data_scale), -x1)*Math.pow(data_exponent*data_scale/(param_exponent*param_scale), x1);
}
function prefill_intensity({ context, weight_bytes }) {
  return 2*context/weight_bytes;
}
function prefill_rate({ context, memory_bandwidth, peak_flops, weight_bytes }) {
  return Math.min(peak_flops, 2*context*memory_bandwidth/weight_bytes);
}
function relative_forward_cost({ data_exponent, data_scale, decode_tokens, n_params, param_exponent, param_scale, peer_params, prefill_tokens }) {
  const x0 = 2*peer_params;
  const x1 = 1/data_exponent;
  const x2 = param_exponent*x1;
  const x3 = 2*n_params;
  const x4 = param_scale*Math.pow(peer_params, -param_exponent);
  const x5 = x2*x4 + x4 - Math.pow(n_params, -param_exponent)*param_scale;
  return ((x5 > 0) ? (decode_tokens*x3 + 6*n_params*Math.pow(data_scale/Math.max(0, x5), x1) + prefill_tokens*x3)/(decode_tokens*x0 + 6*peer_params*Math.pow(peer_params, x2)*Math.pow(data_exponent*data_scale/(param_exponent*param_scale), x1) + prefill_tokens*x0) : Infinity);
}
function relative_lifetime_cost({ context, data_exponent, data_scale, decode_tokens, hoi, kv_bytes, kv_exponent, kv_scale, n_params, param_exponent, param_scale, peer_params, prefill_tokens }) {
  const x0 = 2*peer_params;
  const x1 = context*hoi*kv_bytes*kv_scale;
  const x2 = 1/data_exponent;
  const x3 = param_exponent*x2;
  const x4 = 2*n_params;
  const x5 = param_scale*Math.pow(peer_params, -param_exponent);
  const x6 = x3*x5 + x5 - Math.pow(n_params, -param_exponent)*param_scale;
  return ((x6 > 0) ? (decode_tokens*Math.max(x4, Math.pow(n_params, kv_exponent)*x1) + 6*n_params*Math.pow(data_scale/Math.max(0, x6), x2) + prefill_tokens*x4)/(decode_tokens*Math.max(x0, Math.pow(peer_params, kv_exponent)*x1) + 6*peer_params*Math.pow(peer_params, x3)*Math.pow(data_exponent*data_scale/(param_exponent*param_scale), x2) + prefill_tokens*x0) : Infinity);
}
function shape_ff_width({ d_head, ff_ratio, n_body, n_ff_matrix, n_kv_head, n_layer }) {
  const x0 = d_head*n_kv_head;
  const x1 = 2*n_layer;
  const x2 = x0*x1;
  const x3 = ff_ratio*x2 + x1 + x2 + 1;
  return ff_ratio*(4*n_body/(x3 + Math.sqrt(8*n_body*n_layer*(ff_ratio + 1) + Math.pow(x3, 2))) + 2*x0)/n_ff_matrix;
}
function shape_width({ d_head, ff_ratio, n_body, n_kv_head, n_layer }) {
  const x0 = 2*n_layer;
  const x1 = d_head*n_kv_head*x0;
  const x2 = ff_ratio*x1 + x0 + x1 + 1;
  return 2*n_body/(x2 + Math.sqrt(8*n_body*n_layer*(ff_ratio + 1) + Math.pow(x2, 2)));
}
function speculative_speedup({ acceptance_rate, context, d_head, draft_cost_ratio, draft_length, hoi, kv_bytes, n_kv_head, n_layer, n_params }) {
  const x0 = 2*n_params;
  const x1 = 2*context*d_head*hoi*kv_bytes*n_kv_head*n_layer;
  const x2 = Math.max(x0, x1);
  const x3 = draft_length + 1;
  return x2*((acceptance_rate < 1) ? (1 - Math.pow(acceptance_rate, x3))/(1 - acceptance_rate) : x3)/(draft_cost_ratio*draft_length*x2 + Math.max(x1, x0*x3));
}
function speculative_speedup_full({ acceptance_rate, batch, context, d_ff, d_head, d_model, draft_cost_ratio, draft_length, hoi, kv_bytes, n_ff_matrix, n_head, n_kv_head, n_layer, vocab_size, weight_bytes }) {
  const x0 = draft_length + 1;
  const x1 = d_model*vocab_size;
  const x2 = context*n_layer;
  const x3 = 2*d_head;
  const x4 = n_kv_head*x3;
  const x5 = d_model*n_layer*(d_ff*n_ff_matrix + n_head*x3 + x4);
  const x6 = batch*(4*d_head*n_head*x2 + 2*x1 + 2*x5);
  const x7 = batch*hoi*kv_bytes*x2*x4 + hoi*weight_bytes*(x1 + x5);
  const x8 = Math.max(x6, x7);
  return x8*((acceptance_rate < 1) ? (1 - Math.pow(acceptance_rate, x0))/(1 - acceptance_rate) : x0)/(draft_cost_ratio*draft_length*x8 + Math.max(x7, x0*x6));
}
function verification_cost_full({ batch, context, d_ff, d_head, d_model, draft_length, hoi, kv_bytes, n_ff_matrix, n_head, n_kv_head, n_layer, vocab_size, weight_bytes }) {
  const x0 = d_model*vocab_size;
  const x1 = context*n_layer;
  const x2 = 2*d_head;
  const x3 = n_kv_head*x2;
  const x4 = d_model*n_layer*(d_ff*n_ff_matrix + n_head*x2 + x3);
  return Math.max(batch*hoi*kv_bytes*x1*x3 + hoi*weight_bytes*(x0 + x4), batch*(draft_length + 1)*(4*d_head*n_head*x1 + 2*x0 + 2*x4));
}
function weight_load_flop_equivalent({ hoi, n_params, weight_bytes }) {
  return hoi*n_params*weight_bytes;
}
function weights_size({ n_params, weight_bytes }) {
  return n_params*weight_bytes;
}
const FORMULAS = { affordable_tokens, attainable_flops, attainable_share, attention_intensity, attention_rate, balanced_params, balancing_group_size, break_even_context, break_even_params_penalty, break_even_tokens_penalty, chips_needed, compressed_lifetime_cost, compute_overhead, decode_compute_time, decode_intensity, decode_kv_time, decode_rate, decode_step_time, decode_step_time_serial, decode_token_cost, decode_utilization, decode_weights_time, design_inference_factor, design_token_cost, equal_loss_params_penalty, equal_loss_tokens_penalty, equal_size_decode_cost, equal_size_factor, expected_tokens, family_kv_elements, forward_flops, free_interaction, free_interaction_full, interaction_intensity, interaction_step_cost, interaction_step_cost_full, interaction_training_factor, interaction_utilization, isoflop_loss, kv_cache_reduction, kv_cache_size, kv_load_flop_equivalent, kv_to_compute_ratio, kv_to_weights_ratio, lifetime_cost, optimal_loss, optimal_params, optimal_tokens, optimal_tokens_per_parameter, prefill_intensity, prefill_rate, relative_forward_cost, relative_lifetime_cost, shape_ff_width, shape_width, speculative_speedup, speculative_speedup_full, verification_cost_full, weight_load_flop_equivalent, weights_size };
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
})();
