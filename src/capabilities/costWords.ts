/**
 * Words that make a mistake dear, in the languages labels are mostly written in beside English. Stems: a word that begins
 * with one counts; for scripts without spaces, a name that holds one.
 */
export interface DearWords {
  readonly safety: readonly string[];
  readonly medical: readonly string[];
  readonly legal: readonly string[];
  readonly money: readonly string[];
}

const split = (words: string): readonly string[] => words.split(' ');

export const dearWords: DearWords = {
  safety: split(
    'notfall gewalt selbstmord suizid waffe missbrauch urgence violence suicide arme abus emergencia violencia suicidio arma abuso emergenza violenza emergência violência noodgeval geweld zelfmoord nagły przemoc samobój экстренн насили суицид оружие 紧急 緊急 自杀 自殺 暴力 武器 虐待 응급 자살 폭력',
  ),
  medical: split(
    'medikament arznei dosis diagnose symptom allergie patient rezept impfung schwanger médicament ordonnance allergi vaccin grossesse medicament receta alergia vacuna embarazo farmaco ricetta vaccin gravidanza remédio receita vacina gravidez geneesmiddel zwanger lek recepta ciąż лекарств диагноз аллергия пациент рецепт беремен 药 薬 诊断 診断 过敏 アレルギー 症状 患者 处方 処方 怀孕 妊娠 약 진단 알레르기 환자 처방',
  ),
  legal: split(
    'klage anwalt gericht vertrag haftung datenschutz avocat tribunal contrat responsabilité rgpd abogado juzgado contrato demanda avvocato contratto responsabilità advogado advocaat rechtbank contract aansprakelijk adwokat sąd umowa umowy адвокат суд договор иск 律师 弁護士 法院 裁判 合同 契約 诉讼 訴訟 변호사 법원 계약 소송',
  ),
  money: split(
    'rechnung zahlung überweisung konto kredit darlehen steuer gehalt erstattung guthaben gebühr preis versicherung mahnung facture paiement virement compte crédit prêt impôt salaire remboursement solde frais prix factura pago transferencia cuenta crédito préstamo impuesto salario reembolso saldo precio seguro fattura pagamento bonifico conto credito prestito tassa stipendio rimborso prezzo assicurazione fatura pagamento transferência conta empréstimo imposto salário preço betaling rekening lening belasting salaris terugbetaling verzekering faktura faktury płatność płatności przelew kredyt podatek podatki wynagrodz zwrot ubezpiecz счет счёт платеж платёж перевод кредит налог налоги зарплат возврат страхов 发票 付款 支付 转账 轉帳 账户 帳戶 贷款 税 工资 退款 余额 价格 価格 保险 保険 請求 支払 振込 口座 返金 残高 청구 결제 송금 계좌 대출 세금 급여 환불 잔액 보험',
  ),
};

const ideographic = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

/** The stem that a name speaks of; null where it speaks of none. @param words the name's words, in lower case. */
export function dearStem(stems: readonly string[], words: readonly string[]): string | null {
  for (const word of words)
    for (const stem of stems) {
      if (ideographic.test(stem) ? word.includes(stem) : word.length >= 3 && isStem(stem, word)) return stem;
    }
  return null;
}

/** A short stem has to be the whole word ("lek"), else half a dictionary begins with it. */
function isStem(stem: string, word: string): boolean {
  return stem.length < 6 ? word === stem : word.startsWith(stem);
}
